//! Consumers in the background: tasks of the test, and processes that can be killed.

use std::{process::Stdio, time::Duration};

use beeorm::{BackgroundConsumer, Report};
use beeorm_tests::overheard;
use serde_json::Value;
use tokio::{
    io::AsyncReadExt,
    process::{Child, Command as TokioCommand},
    sync::oneshot,
    task::JoinHandle,
};

/// So few rows to a worker that all of them have some also of a short backlog.
pub(crate) const FEW: usize = 16;

/// A consumer in a task of the test's.
#[derive(Debug)]
pub(crate) struct Running {
    stop: oneshot::Sender<()>,
    task: JoinHandle<Report>,
}

/// Consumes until it is stopped.
pub(crate) fn run(consumer: BackgroundConsumer) -> Running {
    let (stop, stopped) = oneshot::channel();
    let task = tokio::spawn(async move {
        consumer
            .rows_of_a_lane(FEW)
            .run_until(stopped)
            .await
            .expect("the consumer may make its tables")
    });
    Running { stop, task }
}

impl Running {
    /// Lets it finish what it holds.
    pub(crate) async fn stop(self) -> Report {
        let _ = self.stop.send(());
        let stopped = tokio::time::timeout(Duration::from_secs(20), self.task).await;
        stopped
            .expect("a consumer stops within seconds")
            .expect("no consumer panics")
    }

    /// Drops its future wherever it is.
    pub(crate) async fn abort(self) {
        self.task.abort();
        assert!(
            self.task.await.is_err_and(|error| error.is_cancelled()),
            "the consumer had ended"
        );
    }
}

/// A consumer that is a process; killed with this value.
#[derive(Debug)]
pub(crate) struct ConsumerProcess {
    child: Child,
    id: u32,
}

impl ConsumerProcess {
    /// A consumer of this stream for this database.
    pub(crate) fn start(
        (database, stream): (&str, &str),
        workers: usize,
        batch_size: usize,
    ) -> Self {
        let (told, tells) = std::io::pipe().expect("there are pipes");
        let child = TokioCommand::new(env!("CARGO_BIN_EXE_beeorm-test-consumer"))
            .args([workers.to_string(), batch_size.to_string()])
            .env("BEEORM_MYSQL_URL", database)
            .env("BEEORM_REDIS_URL", stream)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(tells)
            .kill_on_drop(true)
            .spawn()
            .expect("beeorm-test-consumer starts");
        overheard(told);
        let id = child.id().expect("it was not waited for yet");
        Self { child, id }
    }

    /// As `kill -9` does; returns when nothing of it is left.
    pub(crate) async fn kill(mut self) {
        assert!(self.is_running(), "the consumer ended before it was killed");
        self.child
            .kill()
            .await
            .expect("the process is ours to kill");
    }

    /// Stops it as SIGSTOP does: it does nothing more, and its connections stay open.
    pub(crate) fn suspend(&self) {
        self.signal("STOP");
    }

    /// Lets it go on.
    pub(crate) fn resume(&self) {
        self.signal("CONT");
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().is_ok_and(|ended| ended.is_none())
    }

    /// The most memory that it has had.
    #[cfg(target_os = "linux")]
    pub(crate) fn peak_bytes(&self) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id))
            .expect("the process is running");
        let peak = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
        let kilobytes = peak.and_then(|peak| peak.trim().parse::<usize>().ok());
        kilobytes.expect("a number") * 1024
    }

    /// Tells it to finish, by the end of its input, and gives its report.
    pub(crate) async fn stop(mut self) -> Value {
        drop(self.child.stdin.take());
        let mut report = String::new();
        let mut output = self.child.stdout.take().expect("its output is a pipe");
        let ended = async {
            output
                .read_to_string(&mut report)
                .await
                .expect("the report is text");
            self.child
                .wait()
                .await
                .expect("the process is ours to wait for")
        };
        let status = tokio::time::timeout(Duration::from_secs(20), ended)
            .await
            .expect("a consumer stops within seconds");
        assert!(status.success(), "the consumer ended with {status}");
        serde_json::from_str(&report).expect("the report is JSON")
    }

    fn signal(&self, name: &str) {
        beeorm_tests::signal(self.id, name).expect("the process is ours");
    }
}
