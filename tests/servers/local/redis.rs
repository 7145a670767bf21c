//! Redis or Valkey.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::{programs, spawn};

pub(crate) const LOG: &str = "redis.log";

pub(crate) fn find() -> Option<PathBuf> {
    programs::find(&["redis-server", "valkey-server"])
}

pub(crate) fn start(server: &Path, folder: &Path, port: u16, durable: bool) -> io::Result<Child> {
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
    spawn(&mut command, Stdio::null(), &folder.join(LOG))
}
