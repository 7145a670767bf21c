//! `cargo xtask test`: every test of the workspace, against servers that it finds, starts or installs.

use std::io::{self, BufRead, BufReader, IsTerminal, Write};
use std::process::{Command, ExitCode, ExitStatus, Stdio};
use std::time::Instant;

use crate::{build, outlook, program, servers, tally::Tally};

pub(crate) fn run(arguments: &[String]) -> Result<ExitCode, String> {
    let started = Instant::now();
    let (kind, filters) = servers::forced(arguments)?;
    // Looked for before anything is built: whoever has none is told so at once.
    plan(&outlook::servers(&servers::asks_for(kind))?, filters);

    // All is built before the servers start, so that they wait for nobody; and the program that starts them is
    // built with the tests, with the same features, so that nothing is built twice.
    build::announce("all that is tested");
    let built = program::run(program::cargo().args(["test", "--workspace", "--no-run"]))?;
    if !built.success() {
        return Ok(program::exit_code(built));
    }
    let building = started.elapsed().as_secs();
    let servers = servers::start(kind)?;
    let mut command = program::cargo();
    command
        .args(["test", "--workspace", "--no-fail-fast", "--"])
        .args(filters)
        .args(io::stdout().is_terminal().then_some("--color=always"))
        .env("BEEORM_TEST_MYSQL_URL", &servers.mysql)
        .env("BEEORM_TEST_REDIS_URL", &servers.redis)
        .env("BEEORM_TEST_KIND", &servers.kind)
        // It has been obeyed; the tests are to use the servers that came of it.
        .env_remove("BEEORM_TEST_SERVERS");
    let (tested, tally) = counted(&mut command)?;
    let took = started.elapsed().as_secs();

    println!();
    println!("servers: {}", servers.names);
    let only = if filters.is_empty() {
        String::new()
    } else {
        format!("; only those that match `{}`", filters.join("` or `"))
    };
    println!("tests:   {tally}{only}");
    let verdict = if tested.success() { "passed" } else { "FAILED" };
    println!("cargo xtask test: {verdict} in {took} s, {building} s of it building");
    Ok(program::exit_code(tested))
}

fn plan(servers: &str, filters: &[String]) {
    let which = if filters.is_empty() {
        "all tests: the packages' own, those of tests/features on the servers, and the examples in the docs"
    } else {
        "those tests that match"
    };
    eprintln!("xtask: 1. build all that is tested");
    eprintln!("xtask: 2. {servers}");
    eprintln!("xtask: 3. run {which}");
}

/// Runs the tests, passes on what they print, and adds up what they say in the end.
fn counted(command: &mut Command) -> Result<(ExitStatus, Tally), String> {
    let cannot = |error: io::Error| format!("cannot run the tests: {error}");
    let mut tests = command.stdout(Stdio::piped()).spawn().map_err(cannot)?;
    let mut tally = Tally::default();
    let mut out = io::stdout().lock();
    let output = tests.stdout.take().ok_or("the tests have no output")?;
    for line in BufReader::new(output).split(b'\n') {
        let line = line.map_err(cannot)?;
        // Who does not listen any more still wants the verdict.
        let _ = out.write_all(&line).and_then(|()| out.write_all(b"\n"));
        tally.read(&String::from_utf8_lossy(&line));
    }
    let status = tests.wait().map_err(cannot)?;
    Ok((status, tally))
}
