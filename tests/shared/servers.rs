//! A database and a Redis server: where they are, and what is done to them.

use std::path::Path;

use crate::Program;

/// Where the servers are, and what they say of themselves. They stop when this value is dropped.
#[derive(Debug)]
pub struct Servers {
    /// Without a database: `mysql://root@127.0.0.1:3306`.
    pub mysql: String,
    /// `redis://127.0.0.1:6379`.
    pub redis: String,
    /// `containers`, `local` or `given`.
    pub kind: String,
    /// What `SELECT VERSION()` says.
    pub mysql_version: String,
    /// What `INFO server` says.
    pub redis_version: String,
    /// Both, for people.
    pub names: String,
    program: Program,
}

impl Servers {
    /// Has the program find or start servers, and waits until they answer.
    ///
    /// # Errors
    ///
    /// The program cannot be run, or there are no servers: it has said why on standard error.
    pub fn start(program: &Path, arguments: &[&str]) -> Result<Self, String> {
        let program = Program::start(program, arguments)?;
        Ok(Self {
            mysql: program.value("mysql")?,
            redis: program.value("redis")?,
            kind: program.value("kind")?,
            mysql_version: program.value("mysql_version")?,
            redis_version: program.value("redis_version")?,
            names: program.value("names")?,
            program,
        })
    }

    /// Has something done to a server, as `kill redis`, and waits until it is done.
    ///
    /// # Errors
    ///
    /// Why it was not done.
    pub fn order(&mut self, order: &str) -> Result<(), String> {
        self.program.order(order)
    }

    /// Kills the program that started them, as `kill -9` does.
    ///
    /// # Errors
    ///
    /// It has ended already.
    pub fn kill_the_program(&mut self) -> std::io::Result<()> {
        self.program.kill()
    }
}
