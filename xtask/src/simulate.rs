//! `cargo xtask simulate`: the library under every fault, in a simulated world.

use std::process::ExitCode;

use crate::{build, mutants, program};

/// Its package and its program.
pub(crate) const PACKAGE: &str = "beeorm-simulate";

/// What builds it.
pub(crate) const BUILD: &[&str] = &["--quiet", "--profile", "simulate", "--package", PACKAGE];

pub(crate) fn run(arguments: &[String]) -> Result<ExitCode, String> {
    if let Some((first, names)) = arguments.split_first()
        && first == "--mutants"
    {
        return mutants::run(names);
    }
    build::announce("the simulator");
    let mut command = program::cargo();
    command.arg("run").args(BUILD).arg("--").args(arguments);
    program::run(&mut command).map(program::exit_code)
}
