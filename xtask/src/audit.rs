//! `cargo xtask audit`: producers and consumers as processes, faults at random moments, and a verdict.

use std::process::{Command, ExitCode};

use crate::{build, program, servers};

/// What plays, and what has it played.
const PROGRAMS: [&str; 4] = [
    "beeorm-audit",
    "beeorm-audit-producer",
    "beeorm-test-consumer",
    "beeorm-test-servers",
];

pub(crate) fn run(arguments: &[String]) -> Result<ExitCode, String> {
    let built = build::programs(&PROGRAMS)?;
    if !built.success() {
        return Ok(program::exit_code(built));
    }
    let mut kinds = arguments.windows(2).filter(|pair| pair[0] == "--servers");
    let kind = kinds.next().map(|pair| pair[1].as_str());
    // Started for a moment, to be sure that they can be: the audit starts some of its own.
    drop(servers::start(kind)?);
    let audit = servers::built_program("beeorm-audit")?;
    Ok(program::exit_code(program::run(
        Command::new(audit).args(arguments),
    )?))
}
