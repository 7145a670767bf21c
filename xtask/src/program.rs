//! Running programs.

use std::process::{Command, ExitCode, ExitStatus};

use crate::workspace;

/// The cargo that runs this, in the workspace's folder.
pub(crate) fn cargo() -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(workspace::root());
    // What cargo tells this program of its own package: build scripts look at it (ring's does), and with it and all
    // that hangs on it would be compiled again.
    for (name, _) in std::env::vars_os() {
        let of_this = name
            .to_str()
            .is_some_and(|name| OF_A_PACKAGE.iter().any(|start| name.starts_with(start)));
        if of_this {
            command.env_remove(name);
        }
    }
    command
}

/// How the variables begin that cargo sets for the package that it runs.
const OF_A_PACKAGE: [&str; 2] = ["CARGO_PKG_", "CARGO_MANIFEST_"];

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
