//! Cargo, run by a test.

use std::{ffi::OsStr, process::Command};

/// How the variables begin that cargo sets for the package that it tests.
const OF_A_PACKAGE: [&str; 2] = ["CARGO_PKG_", "CARGO_MANIFEST_"];

/// This cargo, without what it tells the test of its own package: build scripts look at that (ring's does), and with
/// it and all that hangs on it would be compiled again.
pub fn cargo(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        let of_the_test = name
            .to_str()
            .is_some_and(|name| OF_A_PACKAGE.iter().any(|start| name.starts_with(start)));
        if of_the_test {
            command.env_remove(name);
        }
    }
    command
}
