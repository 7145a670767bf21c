//! Running programs.

use std::process::{Command, ExitCode, ExitStatus};

use crate::workspace;

/// The cargo that runs this, in the workspace's folder.
pub(crate) fn cargo() -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(workspace::root());
    command
}

/// Runs a command to its end, its words going where ours go.
pub(crate) fn run(command: &mut Command) -> Result<ExitStatus, String> {
    command
        .status()
        .map_err(|error| format!("cannot run {}: {error}", command.get_program().display()))
}

/// A program's exit status as our own.
pub(crate) fn exit_code(status: ExitStatus) -> ExitCode {
    status
        .code()
        .and_then(|code| u8::try_from(code).ok())
        .map_or(ExitCode::FAILURE, ExitCode::from)
}
