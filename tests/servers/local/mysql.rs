//! MariaDB or MySQL: root over TCP from this machine, without a password.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use super::{failed, programs, spawn, with_logs};
use crate::Trouble;
use crate::guard::Guard;

pub(crate) const LOG: &str = "mysql.log";

pub(crate) fn find() -> Option<PathBuf> {
    programs::find(&["mariadbd", "mysqld"])
}

/// Makes the system tables.
pub(crate) async fn prepare(
    server: &Path,
    folder: &Path,
    guard: &mut Guard,
) -> Result<(), Trouble> {
    let mut command = Command::new(server);
    command
        .args(["--no-defaults", &data_folder(folder)])
        .arg(scratch_folder(folder).map_err(failed)?)
        .args(as_this_user());
    let input = if is_mariadb(server) {
        let script = folder.join("system.sql");
        std::fs::create_dir(folder.join("mysql")).map_err(failed)?;
        std::fs::write(&script, mariadb_system_tables(server)?).map_err(failed)?;
        // As mariadb-install-db does it, which stands in one package and needs a program of another.
        command.args([
            "--bootstrap",
            "--log-warnings=0",
            "--enforce-storage-engine=",
            "--max-allowed-packet=8M",
        ]);
        File::open(script).map_err(failed)?.into()
    } else {
        command.arg("--initialize-insecure");
        Stdio::null()
    };
    let child = spawn(&mut command, input, &folder.join(LOG)).map_err(failed)?;
    let installer = guard.process(child).map_err(failed)?;
    let status = end_of(installer, guard).await.map_err(failed)?;
    if status.success() {
        Ok(())
    } else {
        Err(with_logs(
            "the database server cannot make its system tables",
            folder,
        ))
    }
}

/// The scripts that MariaDB comes with, without help texts and the schema `sys`, which take most of the time.
fn mariadb_system_tables(server: &Path) -> Result<String, Trouble> {
    let folder = mariadb_scripts(server).ok_or_else(|| {
        failed("mariadbd does not say where its scripts are (character-sets-dir)")
    })?;
    let read = |name: &str| {
        let current = folder.join(format!("mariadb_{name}"));
        let former = folder.join(format!("mysql_{name}"));
        let script = if current.is_file() { current } else { former };
        std::fs::read_to_string(&script)
            .map_err(|error| failed(format!("{}: {error}", script.display())))
    };
    let tables = read("system_tables.sql")?;
    let accounts = read("system_tables_data.sql")?;
    Ok(format!(
        "CREATE DATABASE mysql;\nUSE mysql;\nSET @auth_root_socket=NULL;\n{tables}\n{accounts}\n"
    ))
}

fn mariadb_scripts(server: &Path) -> Option<PathBuf> {
    let output = Command::new(server)
        .args(["--no-defaults", "--verbose", "--help"])
        .output()
        .ok()?;
    let help = String::from_utf8_lossy(&output.stdout);
    let charsets = help
        .lines()
        .find_map(|line| line.strip_prefix("character-sets-dir "))?;
    Path::new(charsets.trim()).parent().map(Path::to_path_buf)
}

async fn end_of(installer: usize, guard: &mut Guard) -> io::Result<ExitStatus> {
    loop {
        if let Some(status) = guard.ended(installer)? {
            return Ok(status);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// What starts it.
pub(crate) fn command(server: &Path, folder: &Path, port: u16) -> io::Result<Command> {
    // The installers allow root by socket, or by host names; tests come over TCP.
    let first_words = folder.join("first-start.sql");
    let database = crate::DATABASE;
    std::fs::write(
        &first_words,
        format!(
            "CREATE USER IF NOT EXISTS 'root'@'127.0.0.1';\n\
             GRANT ALL ON *.* TO 'root'@'127.0.0.1' WITH GRANT OPTION;\n\
             CREATE DATABASE IF NOT EXISTS {database};\n"
        ),
    )?;
    let mut command = Command::new(server);
    command
        .arg("--no-defaults")
        .arg(data_folder(folder))
        .arg(scratch_folder(folder)?)
        .args(as_this_user());
    command.arg(format!("--init-file={}", first_words.display()));
    command.arg(format!("--port={port}")).args([
        "--bind-address=127.0.0.1",
        // Relative to the data: the path of a socket may have a hundred characters only.
        "--socket=mysql.sock",
        "--pid-file=mysql.pid",
        "--skip-name-resolve",
        "--skip-log-bin",
        "--max-connections=1000",
        "--innodb-flush-log-at-trx-commit=1",
        // As the packages of MariaDB configure it, and as MySQL 8 and later come.
        "--character-set-server=utf8mb4",
    ]);
    if !is_mariadb(server) {
        command.arg("--mysqlx=OFF");
    }
    Ok(command)
}

fn data_folder(folder: &Path) -> String {
    format!("--datadir={}", folder.join("mysql").display())
}

/// Of its own: a MariaDB that starts removes what it takes for a former one's temporary tables, also where they are those
/// of another that runs.
fn scratch_folder(folder: &Path) -> io::Result<String> {
    let scratch = folder.join("scratch");
    std::fs::create_dir_all(&scratch)?;
    Ok(format!("--tmpdir={}", scratch.display()))
}

/// Both servers refuse to run as root unless told so by name.
fn as_this_user() -> Option<&'static str> {
    let id = Command::new("id").arg("-u").output().ok()?;
    (id.stdout == b"0\n").then_some("--user=root")
}

/// By what it says: `mysqld` is MariaDB's name too.
fn is_mariadb(server: &Path) -> bool {
    Command::new(server)
        .args(["--no-defaults", "--version"])
        .output()
        .is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains("MariaDB"))
}
