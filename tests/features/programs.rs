//! The programs of `examples/`, built and run as processes of their own.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use beeorm_tests::{cargo, overheard};
use serde_json::Value;

const PROGRAMS: [&str; 6] = [
    "--bin",
    "signup",
    "--example",
    "consumer",
    "--example",
    "quickstart",
];

/// The command of one of the [`PROGRAMS`], built from the sources as they are.
pub(crate) fn program(name: &str) -> Command {
    // The failure is kept too: each test says it, and only the first waits for it.
    static BUILT: OnceLock<Result<HashMap<String, String>, String>> = OnceLock::new();
    let built = BUILT.get_or_init(build);
    let built = built.as_ref().unwrap_or_else(|failure| panic!("{failure}"));
    let path = built.get(name).expect("it is among those that are built");
    let mut command = Command::new(path);
    for variable in VARIABLES {
        command.env_remove(variable);
    }
    command.stderr(Stdio::piped());
    command
}

/// What the programs read; a test sets what it means.
const VARIABLES: [&str; 6] = [
    "BEEORM_MYSQL_URL",
    "BEEORM_REDIS_URL",
    "SIGNUP_LISTEN",
    "SIGNUP_CONSUMER",
    "SIGNUP_DRAIN_SECONDS",
    "RUST_LOG",
];

/// Where cargo has put them, by name. In a run of all tests of the workspace little is left to
/// build: the features are the same.
fn build() -> Result<HashMap<String, String>, String> {
    let profile = if cfg!(debug_assertions) {
        "dev"
    } else {
        "release"
    };
    let built = cargo(env!("CARGO"))
        .args(["build", "--quiet", "--workspace", "--profile", profile])
        .args(PROGRAMS)
        .arg("--message-format=json-render-diagnostics")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .map_err(|error| format!("cannot run cargo: {error}"))?;
    if !built.status.success() {
        let told = String::from_utf8_lossy(&built.stderr);
        return Err(format!("the examples cannot be built: {told}"));
    }
    let text = |value: &Value| value.as_str().map(str::to_owned);
    Ok(String::from_utf8_lossy(&built.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter_map(|message| {
            let name = text(&message["target"]["name"])?;
            Some((name, text(&message["executable"])?))
        })
        .collect())
}

/// A program that runs until it is told to stop; killed when dropped.
#[derive(Debug)]
pub(crate) struct Running {
    process: Child,
    output: BufReader<ChildStdout>,
}

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut process = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        if let Some(words) = process.stderr.take() {
            overheard(words);
        }
        let output = process.stdout.take().map(BufReader::new);
        Self {
            process,
            output: output.expect("its output is piped"),
        }
    }

    /// Waits for the next line of its output; empty where there are no more.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.output
            .read_line(&mut line)
            .expect("its output is text");
        line.trim_end().to_owned()
    }

    /// `kill -TERM`.
    pub(crate) fn terminate(&self) {
        beeorm_tests::signal(self.process.id(), "TERM").expect("it is ours to end");
    }

    /// `kill -KILL`.
    pub(crate) fn kill(&mut self) {
        self.process.kill().expect("it is ours to kill");
    }

    /// How it ended, and the rest of its output; fails after so long a time.
    pub(crate) fn ended(&mut self, within: Duration) -> (ExitStatus, String) {
        let until = Instant::now() + within;
        loop {
            if let Some(status) = self.process.try_wait().expect("it is our child") {
                let mut rest = String::new();
                self.output
                    .read_to_string(&mut rest)
                    .expect("its output is text");
                return (status, rest);
            }
            assert!(
                Instant::now() < until,
                "the program runs on, {within:?} after it should have ended"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
