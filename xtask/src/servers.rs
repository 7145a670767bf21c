//! `cargo xtask servers`, and the servers that `cargo xtask test` uses: started by the program
//! `beeorm-test-servers`, which stops them when the pipe to it closes, however this process ends.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, Stdio};

use crate::{build, install, program};

/// The exit status by which the program says that there is nothing to start servers with.
const NOTHING_HERE: i32 = 3;

/// Running servers; they stop when this is dropped.
#[derive(Debug)]
pub(crate) struct Servers {
    program: Child,
    pub(crate) mysql: String,
    pub(crate) redis: String,
    pub(crate) kind: String,
    /// Both, as they name themselves.
    pub(crate) names: String,
}

/// `--servers containers|local`, where the arguments begin with it, and the other arguments.
pub(crate) fn forced(arguments: &[String]) -> Result<(Option<&str>, &[String]), String> {
    match arguments {
        [flag, kind, rest @ ..] if flag == "--servers" => match kind.as_str() {
            "containers" | "local" => Ok((Some(kind), rest)),
            _ => Err(format!(
                "--servers is `{kind}`: make it `containers` or `local`"
            )),
        },
        [flag] if flag == "--servers" => {
            Err("--servers needs `containers` or `local` after it".to_owned())
        }
        _ => Ok((None, arguments)),
    }
}

/// Starts or finds servers, from an already built program; installs them where there are none and it may.
pub(crate) fn start(kind: Option<&str>) -> Result<Servers, String> {
    let no_servers = "there are no servers to test against; what to do about it is said above";
    let installs = asks_for(kind) != "containers" && install::may();
    match attempt(kind, installs)? {
        Ok(servers) => Ok(servers),
        Err(Some(NOTHING_HERE)) if installs => {
            install::run()?;
            attempt(kind, false)?.map_err(|_| no_servers.to_owned())
        }
        Err(_) => Err(no_servers.to_owned()),
    }
}

/// What is forced: here, or in the environment; empty where nothing is.
pub(crate) fn asks_for(kind: Option<&str>) -> String {
    kind.map_or_else(
        || std::env::var("BEEORM_TEST_SERVERS").unwrap_or_default(),
        str::to_owned,
    )
}

/// The servers, or the exit status of the program that was to start them.
fn attempt(kind: Option<&str>, installs: bool) -> Result<Result<Servers, Option<i32>>, String> {
    let path = built_program("beeorm-test-servers")?;
    let mut command = Command::new(&path);
    if installs {
        command.arg("--installs");
    }
    if let Some(kind) = kind {
        command.args(["--servers", kind]);
    }
    let mut program = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cannot run {}: {error}", path.display()))?;
    let lines: Vec<String> = program
        .stdout
        .take()
        .map(BufReader::new)
        .into_iter()
        .flat_map(BufRead::lines)
        .map_while(Result::ok)
        .take_while(|line| line != "ready")
        .collect();
    let value = |name: &str| {
        lines
            .iter()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
            .map(str::to_owned)
    };
    let words = (
        value("mysql"),
        value("redis"),
        value("kind"),
        value("names"),
    );
    let (Some(mysql), Some(redis), Some(kind), Some(names)) = words else {
        let status = program.wait().map_err(|error| error.to_string())?;
        return Ok(Err(status.code()));
    };
    Ok(Ok(Servers {
        program,
        mysql,
        redis,
        kind,
        names,
    }))
}

/// Cargo puts it beside this program.
pub(crate) fn built_program(name: &str) -> Result<PathBuf, String> {
    let this = std::env::current_exe()
        .map_err(|error| format!("cannot tell where this program is: {error}"))?;
    let path = this
        .with_file_name(name)
        .with_extension(std::env::consts::EXE_EXTENSION);
    if path.is_file() {
        Ok(path)
    } else {
        Err(format!("{} was not built", path.display()))
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        drop(self.program.stdin.take());
        let _ = self.program.wait();
    }
}

/// `cargo xtask servers`.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode, String> {
    let (kind, rest) = forced(arguments)?;
    if let Some(unknown) = rest.first() {
        return Err(format!(
            "`servers` knows `--servers containers|local` and not `{unknown}`"
        ));
    }
    let built = build::programs(&["beeorm-test-servers"])?;
    if !built.success() {
        return Ok(program::exit_code(built));
    }
    let mut servers = start(kind)?;
    println!("export BEEORM_MYSQL_URL={}", with_database(&servers));
    println!("export BEEORM_REDIS_URL={}", servers.redis);
    eprintln!("They run until Ctrl-C.");
    // `wait` closes a pipe that it finds, and that would stop them.
    let _pipe = servers.program.stdin.take();
    let ended = servers.program.wait().map_err(|error| error.to_string())?;
    Ok(program::exit_code(ended))
}

/// Servers that were started have a database to play in; given ones have what their URL says.
fn with_database(servers: &Servers) -> String {
    if servers.kind == "given" {
        servers.mysql.clone()
    } else {
        format!("{}/beeorm", servers.mysql)
    }
}
