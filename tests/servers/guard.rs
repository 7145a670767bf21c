//! A second process of this program that cleans up after the first, however the first ends, kill -9 included.
//!
//! It is told on its standard input what there will be to clean, and cleans when that input ends. There is no
//! other way of cleaning up, so the one that matters most is the one that every run uses.

use std::io::{self, BufRead, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitCode, ExitStatus, Stdio};
use std::time::Duration;

use crate::containers;

/// The argument that makes this program the guard.
pub(crate) const ARGUMENT: &str = "--guard";

/// The guard, as the guarded process sees it.
#[derive(Debug)]
pub(crate) struct Guard {
    process: Child,
    orders: Option<ChildStdin>,
    children: Vec<Child>,
}

impl Guard {
    pub(crate) fn start() -> io::Result<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .arg(ARGUMENT)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            // A Ctrl-C in the terminal goes to a whole process group: not to the guard.
            .process_group(0)
            .spawn()?;
        let orders = process.stdin.take();
        Ok(Self {
            process,
            orders,
            children: Vec::new(),
        })
    }

    /// A folder to remove, told before it is made.
    pub(crate) fn folder(&mut self, folder: &Path) -> io::Result<()> {
        self.order("folder", &folder.display().to_string())
    }

    /// A process to kill, which leads a group of its own; returns its number for [`Self::ended`].
    pub(crate) fn process(&mut self, child: Child) -> io::Result<usize> {
        let order = self.order("process", &child.id().to_string());
        self.children.push(child);
        order.map(|()| self.children.len() - 1)
    }

    /// How that process ended, if it has.
    pub(crate) fn ended(&mut self, number: usize) -> io::Result<Option<ExitStatus>> {
        self.children
            .get_mut(number)
            .map_or(Ok(None), Child::try_wait)
    }

    /// Kills a process, as `kill -9` does, and forgets it: its id may be another's from now on.
    pub(crate) fn kill(&mut self, number: usize) -> io::Result<()> {
        let child = self
            .children
            .get_mut(number)
            .ok_or(io::ErrorKind::NotFound)?;
        let id = child.id();
        child.kill()?;
        child.wait()?;
        self.order("forget", &id.to_string())
    }

    /// Sends the process a signal, by the signal's name.
    pub(crate) fn signal(&mut self, number: usize, signal: &str) -> io::Result<()> {
        let child = self.children.get(number).ok_or(io::ErrorKind::NotFound)?;
        beeorm_tests::signal(child.id(), signal).map_err(io::Error::other)
    }

    /// A label whose containers are to be removed, told before they are made.
    pub(crate) fn label(&mut self, value: &str) -> io::Result<()> {
        self.order("label", value)
    }

    fn order(&mut self, what: &str, which: &str) -> io::Result<()> {
        let orders = self.orders.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        writeln!(orders, "{what} {which}")
    }

    /// Has everything cleaned, and waits for it.
    pub(crate) fn finish(mut self) {
        drop(self.orders.take());
        let _ = self.process.wait();
        for child in &mut self.children {
            // Dead by now, unless somebody has killed the guard.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The guard's own life.
pub(crate) fn watch() -> ExitCode {
    let (mut processes, mut folders, mut labels) = (Vec::new(), Vec::new(), Vec::new());
    for line in io::stdin().lock().lines().map_while(Result::ok) {
        match line.split_once(' ') {
            Some(("process", id)) => processes.push(id.to_owned()),
            Some(("forget", id)) => processes.retain(|known| known != id),
            Some(("folder", path)) => folders.push(PathBuf::from(path)),
            Some(("label", value)) => labels.push(value.to_owned()),
            _ => tell(&format!("the guard does not know the order `{line}`")),
        }
    }
    // What the servers hold is of no use any more, so they need no orderly end.
    for leader in processes {
        let kill = format!("kill -9 -{leader}");
        let _ = Command::new("sh")
            .args(["-c", &kill])
            .stderr(Stdio::null())
            .status();
    }
    for label in labels {
        containers::remove(&label);
    }
    for folder in folders {
        remove(&folder);
    }
    ExitCode::SUCCESS
}

/// A killed process may take a moment to let go of its files.
fn remove(folder: &Path) {
    for _ in 0..100 {
        match std::fs::remove_dir_all(folder) {
            Ok(()) => return,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return,
            Err(_) => std::thread::sleep(Duration::from_millis(50)),
        }
    }
    tell(&format!("cannot remove {}", folder.display()));
}

/// Where whoever listened may be gone by now, for which `eprintln!` would panic.
pub(crate) fn tell(words: &str) {
    let _ = writeln!(io::stderr(), "test servers: {words}");
}
