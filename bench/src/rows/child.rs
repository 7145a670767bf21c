//! Programs beside this one.

use std::{
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use crate::{
    Fallible,
    stage::{Network, Stage},
};

fn command(stage: &Stage, name: &str) -> Fallible<Command> {
    let path: PathBuf = std::env::current_exe()?.with_file_name(name);
    let mut command = Command::new(path);
    command
        .env("BEEORM_BENCH_MYSQL_URL", stage.mysql_url(Network::Loopback))
        .env("BEEORM_BENCH_REDIS_URL", stage.redis_url(Network::Loopback));
    Ok(command)
}

/// What it prints.
pub(crate) fn output(stage: &Stage, name: &str) -> Fallible<String> {
    let output = command(stage, name)?.output()?;
    if output.status.success() {
        Ok(String::from_utf8(output.stdout)?)
    } else {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        Err(format!("{name} failed: {said}").into())
    }
}

/// A program that runs until its input ends.
#[derive(Debug)]
pub(crate) struct Running(Child);

impl Running {
    pub(crate) fn start(stage: &Stage, name: &str) -> Fallible<Self> {
        let mut command = command(stage, name)?;
        command.stdin(Stdio::piped()).stdout(Stdio::null());
        Ok(Self(command.spawn()?))
    }

    /// The most memory that it has had, in MB.
    pub(crate) fn peak_megabytes(&self) -> Fallible<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id()))?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = peak.and_then(|peak| peak.split_whitespace().next());
        Ok(kilobytes.ok_or("the system does not say")?.parse::<f64>()? / 1024.0)
    }

    /// The time that it has had of a core, in the system's hundredths of a second.
    pub(crate) fn ticks(&self) -> Fallible<f64> {
        let line = std::fs::read_to_string(format!("/proc/{}/stat", self.0.id()))?;
        // Behind its name, which may hold anything.
        let behind = line.rsplit(')').next().unwrap_or_default();
        let ticks = behind.split_whitespace().skip(11).take(2);
        let ticks: Result<Vec<f64>, _> = ticks.map(str::parse).collect();
        Ok(ticks?.iter().sum())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}
