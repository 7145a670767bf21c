//! The servers of this test process: `beeorm-test-servers` finds or starts them at first use, and stops what it
//! started when this process ends.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

/// Where the servers are, and what they say of themselves.
#[derive(Debug)]
pub(crate) struct Servers {
    /// Without a database: `mysql://root@127.0.0.1:3306`.
    pub(crate) mysql: String,
    /// `redis://127.0.0.1:6379`.
    pub(crate) redis: String,
    /// `containers`, `local` or `given`.
    pub(crate) kind: String,
    /// What `SELECT VERSION()` says.
    pub(crate) mysql_version: String,
    /// What `INFO server` says.
    pub(crate) redis_version: String,
    /// Holds the pipe whose end tells the program to stop.
    program: Child,
}

/// The servers, waited for at first use.
pub(crate) fn servers() -> &'static Servers {
    // The failure is kept too: each test says it, and only the first waits for it.
    static SERVERS: OnceLock<Result<Servers, String>> = OnceLock::new();
    match SERVERS.get_or_init(|| start(&[])) {
        Ok(servers) => servers,
        Err(message) => panic!("{message}"),
    }
}

/// More servers of the same kind, for a test that stops them. There are none of the kind `given`.
pub(crate) fn own_servers() -> Servers {
    match start(&["--servers", &servers().kind]) {
        Ok(servers) => servers,
        Err(message) => panic!("{message}"),
    }
}

impl Servers {
    /// Kills the program that started them, as `kill -9` does.
    pub(crate) fn kill_the_program(&mut self) {
        self.program.kill().expect("the program is ours to kill");
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        // This closes the pipe, and the servers are gone when the program is.
        let _ = self.program.wait();
    }
}

/// A Redis master with a replica, and three sentinels that watch them.
#[derive(Debug)]
pub(crate) struct Sentinels {
    /// `127.0.0.1:port`, with commas between.
    pub(crate) addresses: String,
    /// Where all of them run; empty: on this machine.
    container: String,
    program: Child,
}

/// Of the kind of the servers; those of given ones are started on this machine.
pub(crate) fn sentinels() -> Sentinels {
    let kind = match servers().kind.as_str() {
        "containers" => "containers",
        _ => "local",
    };
    let (program, lines) = match launch(&["--sentinels", kind]) {
        Ok(launched) => launched,
        Err(message) => panic!("{message}"),
    };
    let value = |name| value(&lines, name).unwrap_or_else(|message| panic!("{message}"));
    Sentinels {
        addresses: value("sentinels"),
        container: value("container"),
        program,
    }
}

impl Sentinels {
    /// Sends a signal to one of the servers, known by what it calls its process.
    pub(crate) fn signal(&self, signal: &str, process: &str) {
        let kill = format!("kill {signal} {process}");
        let status = if self.container.is_empty() {
            Command::new("sh").args(["-c", &kill]).status()
        } else {
            let mut docker = Command::new("docker");
            docker.args(["exec", &self.container, "sh", "-c", &kill]);
            docker.status()
        };
        assert!(
            status.is_ok_and(|status| status.success()),
            "kill {signal} of a server that is ours"
        );
    }
}

impl Drop for Sentinels {
    fn drop(&mut self) {
        let _ = self.program.wait();
    }
}

fn start(arguments: &[&str]) -> Result<Servers, String> {
    let (program, lines) = launch(arguments)?;
    let value = |name| value(&lines, name);
    Ok(Servers {
        mysql: value("mysql")?,
        redis: value("redis")?,
        kind: value("kind")?,
        mysql_version: value("mysql_version")?,
        redis_version: value("redis_version")?,
        program,
    })
}

fn launch(arguments: &[&str]) -> Result<(Child, Vec<String>), String> {
    let mut program = Command::new(env!("CARGO_BIN_EXE_beeorm-test-servers"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cannot run beeorm-test-servers: {error}"))?;
    let output = program.stdout.take().map(BufReader::new);
    let lines = output
        .into_iter()
        .flat_map(BufRead::lines)
        .map_while(Result::ok)
        .take_while(|line| line != "ready")
        .collect();
    Ok((program, lines))
}

fn value(lines: &[String], name: &str) -> Result<String, String> {
    let line = lines
        .iter()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    let advice = "no servers to test against: beeorm-test-servers says why, and what to do, on standard error";
    line.map(str::to_owned).ok_or(advice.to_owned())
}
