//! The servers of this test process: `beeorm-test-servers` finds or starts them at first use, and stops what it
//! started when this process ends.

use std::{path::Path, process::Command, sync::OnceLock};

use beeorm_tests::{Program, Servers};

const PROGRAM: &str = env!("CARGO_BIN_EXE_beeorm-test-servers");

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

fn start(arguments: &[&str]) -> Result<Servers, String> {
    Servers::start(Path::new(PROGRAM), arguments)
}

/// A Redis master with a replica, and three sentinels that watch them. They stop when this value is dropped.
#[derive(Debug)]
pub(crate) struct Sentinels {
    /// `127.0.0.1:port`, with commas between.
    pub(crate) addresses: String,
    /// Where all of them run; empty: on this machine.
    container: String,
    _program: Program,
}

/// Of the kind of the servers; those of given ones are started on this machine.
pub(crate) fn sentinels() -> Sentinels {
    let kind = match servers().kind.as_str() {
        "containers" => "containers",
        _ => "local",
    };
    let program = match Program::start(Path::new(PROGRAM), &["--sentinels", kind]) {
        Ok(program) => program,
        Err(message) => panic!("{message}"),
    };
    let value = |name| {
        let value = program.value(name);
        value.unwrap_or_else(|message| panic!("{message}"))
    };
    Sentinels {
        addresses: value("sentinels"),
        container: value("container"),
        _program: program,
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
