//! The program `beeorm-test-servers`, as those see it that start it: what it says, and orders to it.

use std::{
    io::{BufRead, BufReader, Read, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use crate::overheard;

/// The program, running. What it has started stops when this value is dropped.
#[derive(Debug)]
pub struct Program {
    process: Child,
    /// The pipe whose end tells the program to stop.
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    /// What it has said of what it has started: `name=value`.
    lines: Vec<String>,
}

impl Program {
    /// Has it start what the arguments say, and waits until that answers.
    ///
    /// # Errors
    ///
    /// It cannot be run.
    pub fn start(program: &Path, arguments: &[&str]) -> Result<Self, String> {
        let mut process = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("cannot run beeorm-test-servers: {error}"))?;
        if let Some(words) = process.stderr.take() {
            overheard(words);
        }
        let orders = process.stdin.take();
        let output = process.stdout.take();
        let mut answers = BufReader::new(output.ok_or("its output is no pipe")?);
        let lines = answers
            .by_ref()
            .lines()
            .map_while(Result::ok)
            .take_while(|line| line != "ready")
            .collect();
        Ok(Self {
            process,
            orders,
            answers,
            lines,
        })
    }

    /// What it has said under this name.
    ///
    /// # Errors
    ///
    /// Nothing, as it has started nothing: it has said why on standard error.
    pub fn value(&self, name: &str) -> Result<String, String> {
        let line = self
            .lines
            .iter()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        let advice = "no servers to test against: beeorm-test-servers says why, and what to do, on standard error";
        line.map(str::to_owned).ok_or(advice.to_owned())
    }

    pub(crate) fn order(&mut self, order: &str) -> Result<(), String> {
        let orders = self.orders.as_mut().ok_or("the program has been stopped")?;
        writeln!(orders, "{order}").map_err(|error| error.to_string())?;
        let mut answer = String::new();
        self.answers
            .read_line(&mut answer)
            .map_err(|error| error.to_string())?;
        match answer.trim_end() {
            "done" => Ok(()),
            other => Err(format!("{order}: {other:?}")),
        }
    }

    pub(crate) fn kill(&mut self) -> std::io::Result<()> {
        self.process.kill()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.orders.take());
        // What it has started is gone when it is.
        let _ = self.process.wait();
    }
}
