//! Installs the servers where there are none: MariaDB and Redis from the distribution's packages.

use std::process::{Command, Stdio};

use crate::{program, programs};

/// The servers alone: no client, and no MariaDB that starts as a service.
const PACKAGES: [&str; 2] = ["mariadb-server-core", "redis-server"];

/// Whether this is a system of apt's, and we are root on it.
pub(crate) fn may() -> bool {
    let is_root = Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|output| output.stdout == b"0\n");
    let has_apt = Command::new("apt-get")
        .arg("--version")
        .stdout(Stdio::null())
        .status()
        .is_ok();
    is_root && has_apt
}

/// Installs valgrind where it is missing, or says why not.
pub(crate) fn valgrind() -> Result<(), String> {
    if programs::find(&["valgrind"]).is_some() {
        return Ok(());
    }
    if !may() {
        return Err(
            "valgrind is missing, which counts the instructions: install it, as with `apt-get install valgrind`"
                .to_owned(),
        );
    }
    eprintln!("xtask: there is no valgrind here: installing it with apt-get");
    apt_get(&["update", "-qq"])?;
    apt_get(&[
        "install",
        "-y",
        "-qq",
        "--no-install-recommends",
        "valgrind",
    ])
}

/// Installs them, or says why not.
pub(crate) fn run() -> Result<(), String> {
    eprintln!(
        "xtask: there are no servers here: installing {} with apt-get",
        PACKAGES.join(" and ")
    );
    apt_get(&["update", "-qq"])?;
    let mut install = vec!["install", "-y", "-qq", "--no-install-recommends"];
    install.extend(PACKAGES);
    apt_get(&install)
}

fn apt_get(arguments: &[&str]) -> Result<(), String> {
    let mut command = Command::new("apt-get");
    command
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive");
    // Single-user mode: without systemd, the package of Redis then starts no service on the port that it is known by.
    command.env("RUNLEVEL", "1");
    // What apt says is not what a test run prints; its errors are.
    command.stdout(Stdio::null());
    if program::run(&mut command)?.success() {
        Ok(())
    } else {
        Err(format!(
            "`apt-get {}` failed, see above",
            arguments.join(" ")
        ))
    }
}
