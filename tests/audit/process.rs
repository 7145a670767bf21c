//! Producers and consumers, as processes that can be killed, stopped and told to end.

use std::{
    fs::File,
    path::PathBuf,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use tokio::{
    io::AsyncWriteExt,
    process::{Child, ChildStdin, Command},
};

use crate::{
    Fallible,
    stage::{Roads, Stage},
};

const CONSUMER: &str = "beeorm-test-consumer";
const PRODUCER: &str = "beeorm-audit-producer";

/// A program that cargo has put beside this one.
pub(crate) fn beside_this(name: &str) -> Fallible<PathBuf> {
    let path = std::env::current_exe()?
        .with_file_name(name)
        .with_extension(std::env::consts::EXE_EXTENSION);
    if path.is_file() {
        Ok(path)
    } else {
        Err(format!("{} was not built", path.display()).into())
    }
}

/// Has a producer make the tables.
pub(crate) async fn setup(stage: &Stage) -> Fallible<()> {
    let status = producer(stage)?
        .arg("setup")
        .status()
        .await
        .map_err(|error| format!("cannot run {PRODUCER}: {error}"))?;
    if status.success() {
        Ok(())
    } else {
        Err("the tables could not be made".into())
    }
}

fn consumer(stage: &Stage) -> Fallible<Command> {
    command(CONSUMER, &stage.consumers, ("consumers", stage))
}

fn producer(stage: &Stage) -> Fallible<Command> {
    command(PRODUCER, &stage.producers, ("producers", stage))
}

/// On these roads, and with this clock.
fn command(program: &str, roads: &Roads, (clock, stage): (&str, &Stage)) -> Fallible<Command> {
    let mut command = Command::new(beside_this(program)?);
    if let Some(clocks) = &stage.clocks {
        command.envs(clocks.environment(clock)?);
    }
    command
        .env("BEEORM_MYSQL_URL", &roads.mysql.url)
        .env("BEEORM_REDIS_URL", &roads.redis.url)
        .kill_on_drop(true);
    Ok(command)
}

/// A running process. It is killed with this value.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    input: Option<ChildStdin>,
    /// What it is called, and the beginning of its files' names.
    pub(crate) name: String,
    pub(crate) id: u32,
}

impl Process {
    pub(crate) fn consumer(
        stage: &Stage,
        name: String,
        workers: u64,
        batch_size: u64,
    ) -> Fallible<Self> {
        let mut command = consumer(stage)?;
        command
            .args([workers.to_string(), batch_size.to_string()])
            .env("BEEORM_TEST_IMPATIENT", "1")
            .env("NO_COLOR", "1");
        Self::start(command, stage, name)
    }

    pub(crate) fn producer(stage: &Stage, number: u64, seed: u64) -> Fallible<Self> {
        let name = format!("producer-{number:03}");
        let record = stage.file(&format!("record-{number:03}.jsonl"));
        let mut command = producer(stage)?;
        command
            .args(["run", &number.to_string(), &seed.to_string()])
            .arg(record);
        Self::start(command, stage, name)
    }

    /// A producer that makes a backlog and ends.
    pub(crate) fn filler(stage: &Stage, flushes: u64) -> Fallible<Self> {
        let mut command = producer(stage)?;
        command.args(["fill", &flushes.to_string()]);
        Self::start(command, stage, "filler".to_owned())
    }

    fn start(mut command: Command, stage: &Stage, name: String) -> Fallible<Self> {
        let log = File::create_new(stage.file(&format!("{name}.log")))?;
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .map_err(|error| format!("cannot run {name}: {error}"))?;
        let input = child.stdin.take();
        let id = child.id().ok_or("it has ended")?;
        Ok(Self {
            child,
            input,
            name,
            id,
        })
    }

    /// How it ended, if it did.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// As `kill -9` does.
    pub(crate) async fn kill(mut self) -> Fallible<()> {
        Ok(self.child.kill().await?)
    }

    pub(crate) async fn signal(&self, signal: &'static str) -> Fallible<()> {
        signal_to(self.id, signal).await
    }

    /// A line to its standard input.
    pub(crate) async fn tell(&mut self, line: &str) -> Fallible<()> {
        if let Some(input) = &mut self.input {
            input.write_all(format!("{line}\n").as_bytes()).await?;
            input.flush().await?;
        }
        Ok(())
    }

    /// Tells it to end, by the end of its input, and waits for it; an error when that takes longer.
    pub(crate) async fn stop(mut self, patience: Duration) -> Fallible<ExitStatus> {
        drop(self.input.take());
        self.wait(patience).await
    }

    pub(crate) async fn wait(&mut self, patience: Duration) -> Fallible<ExitStatus> {
        let ended = tokio::time::timeout(patience, self.child.wait()).await;
        Ok(ended.map_err(|_| format!("{} did not end within {patience:?}", self.name))??)
    }
}

/// `STOP`, `CONT` or `TERM` to a process of ours.
pub(crate) async fn signal_to(id: u32, signal: &'static str) -> Fallible<()> {
    let sent = tokio::task::spawn_blocking(move || beeorm_tests::signal(id, signal));
    Ok(sent.await??)
}

/// What the process has taken of the processors' time so far.
pub(crate) fn cpu_time(id: u32) -> Fallible<Duration> {
    /// The kernel's unit in what it tells of processes.
    const TICK: Duration = Duration::from_millis(10);
    let text = std::fs::read_to_string(format!("/proc/{id}/stat"))?;
    // The name before it may have anything in it.
    let (_, rest) = text.rsplit_once(')').ok_or("no statistics of a process")?;
    let fields = rest.split_whitespace().skip(11).take(2);
    let ticks = fields.map(str::parse::<u32>).sum::<Result<u32, _>>()?;
    Ok(TICK * ticks)
}

/// The most memory that the process has ever had, in KiB.
pub(crate) fn peak_memory(id: u32) -> Fallible<u64> {
    let text = std::fs::read_to_string(format!("/proc/{id}/status"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let size = line.and_then(|line| line.split_whitespace().next());
    Ok(size.ok_or("no peak of a process's memory")?.parse()?)
}
