//! Redis or Valkey.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::programs;

pub(crate) const LOG: &str = "redis.log";

pub(crate) fn find() -> Option<PathBuf> {
    programs::find(&["redis-server", "valkey-server"])
}

/// What starts it.
pub(crate) fn command(
    server: &Path,
    folder: &Path,
    port: u16,
    durable: bool,
) -> io::Result<Command> {
    let data = folder.join("redis");
    std::fs::create_dir_all(&data)?;
    let mut command = Command::new(server);
    command
        .arg("--port")
        .arg(port.to_string())
        .args(["--bind", "127.0.0.1", "--daemonize", "no"]);
    command
        .arg("--dir")
        .arg(&data)
        .args(crate::redis_options(durable));
    Ok(command)
}
