//! `cargo xtask bench`: what beeorm costs, measured beside what it is compared with.

use std::process::{Command, ExitCode};

use crate::{build, program, servers, workspace};

pub(crate) fn run(arguments: &[String]) -> Result<ExitCode, String> {
    let mut kind = None;
    let mut others = Vec::new();
    let mut rest = arguments;
    while let Some((first, behind)) = rest.split_first() {
        if first == "--servers" {
            (kind, rest) = servers::forced(rest)?;
        } else {
            others.push(first);
            rest = behind;
        }
    }
    let built = build::programs(&["beeorm-test-servers"])?;
    if !built.success() {
        return Ok(program::exit_code(built));
    }
    // A workspace of its own, whose rivals nobody else has to build; and built before the servers start, so that
    // they wait for nobody.
    let folder = workspace::root().join("bench");
    let target = workspace::target(&folder);
    let mut command = program::cargo();
    command
        .args(["build", "--release", "--locked", "--manifest-path"])
        .arg(folder.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(&target);
    build::announce("the benchmarks, and all that they compare with");
    let built = program::run(&mut command)?;
    if !built.success() {
        return Ok(program::exit_code(built));
    }
    let servers = servers::start(kind)?;
    let mut bench = Command::new(target.join("release/beeorm-bench"));
    bench
        .current_dir(workspace::root())
        .args(others)
        .env("BEEORM_BENCH_MYSQL_URL", &servers.mysql)
        .env("BEEORM_BENCH_REDIS_URL", &servers.redis);
    program::run(&mut bench).map(program::exit_code)
}
