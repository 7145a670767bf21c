//! Servers installed on this machine, started on free ports with their data in a temporary folder.

mod mysql;
mod programs;
mod redis;

use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use beeorm_tests::Clock;

use crate::guard::Guard;
use crate::machine::Machine;
use crate::sentinel::{self, Member};
use crate::{Sentinels, Servers, Trouble, ask};

const STARTING: Duration = Duration::from_secs(60);

/// Starts both, where the programs are installed.
pub(crate) async fn start(
    guard: &mut Guard,
    durable: bool,
    clocks: Option<PathBuf>,
) -> Result<Servers, Trouble> {
    let clock = |name| clocks.as_ref().map(|folder| folder.join(name));
    let (mysqld, redis_server) = match (mysql::find(), redis::find()) {
        (Some(mysqld), Some(redis_server)) => (mysqld, redis_server),
        (None, Some(_)) => {
            return Err(Trouble::Missing(
                "no mariadbd or mysqld is installed".to_owned(),
            ));
        }
        (Some(_), None) => {
            return Err(Trouble::Missing(
                "no redis-server or valkey-server is installed".to_owned(),
            ));
        }
        (None, None) => {
            let what = "neither mariadbd or mysqld nor redis-server or valkey-server is installed";
            return Err(Trouble::Missing(what.to_owned()));
        }
    };
    eprintln!(
        "test servers: starting {} and {}",
        mysqld.display(),
        redis_server.display()
    );

    let folder = new_folder(guard)?;
    let redis_port = free_port(&[])?;
    let data = folder.clone();
    let clock_of_redis = clock("redis");
    let start_redis = move || {
        let mut command = redis::command(&redis_server, &data, redis_port, durable)?;
        spawn_with(
            clock_of_redis.as_deref(),
            &mut command,
            &data.join(redis::LOG),
        )
    };
    let child = start_redis().map_err(failed)?;
    let redis_process = guard.process(child).map_err(failed)?;
    mysql::prepare(&mysqld, &folder, guard).await?;
    let mysql_port = free_port(&[redis_port])?;
    let data = folder.clone();
    let clock_of_mysql = clock("mysql");
    let start_mysql = move || {
        let mut command = mysql::command(&mysqld, &data, mysql_port)?;
        spawn_with(
            clock_of_mysql.as_deref(),
            &mut command,
            &data.join(mysql::LOG),
        )
    };
    let child = start_mysql().map_err(failed)?;
    let mysql_process = guard.process(child).map_err(failed)?;

    let mysql = format!("mysql://root@127.0.0.1:{mysql_port}");
    let redis = format!("redis://127.0.0.1:{redis_port}");
    let versions = async {
        tokio::try_join!(
            ask::mysql_version(&mysql, STARTING),
            ask::redis_version(&redis, STARTING)
        )
    };
    let (mysql_version, redis_version) = tokio::select! {
        versions = versions => versions.map_err(|error| with_logs(&error, &folder))?,
        () = one_ends(guard, [mysql_process, redis_process]) => return Err(with_logs("a server ended while it was starting", &folder)),
    };
    Ok(Servers {
        mysql,
        redis,
        kind: "local".to_owned(),
        mysql_version,
        redis_version,
        machines: [
            Machine::process(mysql_process, start_mysql),
            Machine::process(redis_process, start_redis),
        ],
    })
}

/// Starts a master, its replica and the sentinels, where Redis is installed.
pub(crate) async fn start_sentinels(guard: &mut Guard) -> Result<Sentinels, Trouble> {
    let server = redis::find().ok_or_else(|| {
        Trouble::Missing("no redis-server or valkey-server is installed".to_owned())
    })?;
    let folder = new_folder(guard)?;
    let ports = free_ports()?;
    for member in sentinel::members(ports, &folder, "127.0.0.1") {
        let Member {
            name,
            configuration,
            arguments,
        } = member;
        let home = folder.join(&name);
        std::fs::create_dir(&home).map_err(failed)?;
        let file = home.join("redis.conf");
        std::fs::write(&file, configuration).map_err(failed)?;
        let mut command = Command::new(&server);
        command.arg(file).args(arguments);
        let child = spawn(&mut command, Stdio::null(), &home.join(redis::LOG)).map_err(failed)?;
        guard.process(child).map_err(failed)?;
    }
    sentinel::ready(ports, String::new()).await
}

fn new_folder(guard: &mut Guard) -> Result<PathBuf, Trouble> {
    let folder = std::env::temp_dir().join(format!("beeorm-{}-{}", std::process::id(), moment()));
    guard.folder(&folder).map_err(failed)?;
    std::fs::create_dir_all(&folder).map_err(failed)?;
    Ok(folder)
}

async fn one_ends(guard: &mut Guard, processes: [usize; 2]) {
    while processes
        .iter()
        .all(|process| matches!(guard.ended(*process), Ok(None)))
    {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Starts a server, with a clock of its own where there is one.
fn spawn_with(clock: Option<&Path>, command: &mut Command, log: &Path) -> std::io::Result<Child> {
    if let Some(clock) = clock {
        command.envs(Clock::environment(clock)?);
    }
    spawn(command, Stdio::null(), log)
}

/// Starts a program in the background, its words going to a log in the folder.
fn spawn(command: &mut Command, input: Stdio, log: &Path) -> std::io::Result<Child> {
    use std::os::unix::process::CommandExt;

    // A server that is started again writes on.
    let log = File::options().create(true).append(true).open(log)?;
    // In a group of its own, since a Ctrl-C is for this program, which then stops the servers.
    command
        .process_group(0)
        .stdin(input)
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
}

/// A port that nothing listens on, below the range that systems hand out for outgoing connections, so that it is
/// still free when the server comes to bind it.
pub(crate) fn free_port(but: &[u16]) -> Result<u16, Trouble> {
    let start = u32::try_from(moment() % 12_000).unwrap_or_default();
    (0..12_000_u32)
        .filter_map(|step| u16::try_from(20_000 + (start + step * 7) % 12_000).ok())
        .find(|port| !but.contains(port) && TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .ok_or_else(|| Trouble::Failed("no port between 20000 and 32000 is free".to_owned()))
}

pub(crate) fn free_ports() -> Result<[u16; 5], Trouble> {
    let mut ports = [0; 5];
    for place in 0..ports.len() {
        ports[place] = free_port(&ports)?;
    }
    Ok(ports)
}

/// A number that differs from run to run.
pub(crate) fn moment() -> u128 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |time| time.as_micros())
}

fn failed(error: impl std::fmt::Display) -> Trouble {
    Trouble::Failed(format!("the local servers did not start: {error}"))
}

/// The folder is about to be removed, so the end of each log goes into the message.
fn with_logs(message: &str, folder: &Path) -> Trouble {
    let tail = |name: &str| {
        let log: PathBuf = folder.join(name);
        let text = std::fs::read_to_string(&log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        let last = lines
            .get(lines.len().saturating_sub(8)..)
            .unwrap_or_default()
            .join("\n  ");
        format!("\n{name} ends:\n  {last}")
    };
    failed(format!("{message}{}{}", tail(mysql::LOG), tail(redis::LOG)))
}
