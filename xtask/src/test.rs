//! `cargo xtask test`: every test of the workspace, against servers that it finds, starts or installs.

use std::process::ExitCode;
use std::time::Instant;

use crate::{program, servers};

pub(crate) fn run(arguments: &[String]) -> Result<ExitCode, String> {
    let (kind, filters) = servers::forced(arguments)?;

    // All is built before the servers start, so that they wait for nobody; and the program that starts them is
    // built with the tests, with the same features, so that nothing is built twice.
    let built = program::run(program::cargo().args(["test", "--workspace", "--no-run"]))?;
    if !built.success() {
        return Ok(program::exit_code(built));
    }
    let servers = servers::start(kind)?;
    let started = Instant::now();
    let tested = program::run(
        program::cargo()
            .args(["test", "--workspace", "--no-fail-fast", "--"])
            .args(filters)
            .env("BEEORM_TEST_MYSQL_URL", &servers.mysql)
            .env("BEEORM_TEST_REDIS_URL", &servers.redis)
            .env("BEEORM_TEST_KIND", &servers.kind)
            // It has been obeyed; the tests are to use the servers that came of it.
            .env_remove("BEEORM_TEST_SERVERS"),
    )?;
    let took = started.elapsed().as_secs();

    println!();
    println!("servers: {}", servers.names);
    if !filters.is_empty() {
        println!(
            "tests:   only those that match `{}`",
            filters.join("` or `")
        );
    }
    let verdict = if tested.success() { "passed" } else { "FAILED" };
    println!("cargo xtask test: {verdict} in {took} s");
    Ok(program::exit_code(tested))
}
