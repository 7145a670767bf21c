//! The processes on the stage: started, replaced when they end, told how fast to go.

use std::time::Duration;

use beeorm_tests::Random;

use crate::{Fallible, journal::Journal, lease, process::Process, stage::Stage};

/// A producer or a consumer that is told to end does so within this time.
const PATIENCE: Duration = Duration::from_secs(90);

pub(crate) struct Cast<'s> {
    stage: &'s Stage,
    journal: &'s Journal,
    random: Random,
    pub(crate) consumers: Vec<Process>,
    pub(crate) producers: Vec<Process>,
    /// Numbers the processes.
    started: u64,
    /// The numbers of workers that consumers are started with, in turns.
    workers: std::iter::Cycle<std::array::IntoIter<u64, 4>>,
    pace: u64,
}

impl<'s> Cast<'s> {
    pub(crate) fn new(stage: &'s Stage, journal: &'s Journal, seed: u64) -> Self {
        Self {
            stage,
            journal,
            random: Random::seeded(seed),
            consumers: Vec::new(),
            producers: Vec::new(),
            started: 0,
            workers: [8, 2, 8, 1].into_iter().cycle(),
            pace: 0,
        }
    }

    /// Starts a consumer, with another number of workers each time.
    pub(crate) fn add_consumer(&mut self) -> Fallible<String> {
        self.started += 1;
        let workers = self.workers.next().unwrap_or(1);
        let batch_size = self.random.choice(&[20, 200, 1000]).copied().unwrap_or(100);
        let name = format!("consumer-{:03}", self.started);
        let consumer = Process::consumer(self.stage, name.clone(), workers, batch_size)?;
        self.consumers.push(consumer);
        Ok(format!(
            "{name} ({workers} workers, batches of {batch_size})"
        ))
    }

    pub(crate) fn add_producer(&mut self) -> Fallible<()> {
        self.started += 1;
        let seed = self.random.between(0, u64::MAX - 1);
        let producer = Process::producer(self.stage, self.started, seed)?;
        self.producers.push(producer);
        // It is told its pace with the others.
        self.pace = 0;
        Ok(())
    }

    /// Takes the consumer of this name off the list.
    pub(crate) fn consumer(&mut self, name: &str) -> Option<Process> {
        let place = self
            .consumers
            .iter()
            .position(|consumer| consumer.name == name)?;
        Some(self.consumers.swap_remove(place))
    }

    /// Takes one off the list that hurts: most often the one that owns the channel.
    pub(crate) async fn victim(&mut self) -> Option<Process> {
        if self.random.percent(75)
            && let Some(token) = lease::owner(self.stage).await
            && let Some(name) = lease::holder(self.stage, &token)
            && let Some(owner) = self.consumer(&name)
        {
            return Some(owner);
        }
        self.any_consumer()
    }

    /// Takes a consumer off the list.
    pub(crate) fn any_consumer(&mut self) -> Option<Process> {
        any(&mut self.consumers, &mut self.random)
    }

    pub(crate) fn any_producer(&mut self) -> Option<Process> {
        any(&mut self.producers, &mut self.random)
    }

    /// Replaces those that have ended by themselves, as a supervisor does: they were started while a server was away.
    pub(crate) fn supervise(&mut self) -> Fallible<()> {
        for list in [&mut self.consumers, &mut self.producers] {
            let ended = |process: &mut Process| {
                let status = process.ended();
                if let Some(status) = status {
                    self.journal
                        .note(&format!("{} ended by itself: {status}", process.name));
                }
                status.is_none()
            };
            list.retain_mut(ended);
        }
        if self.consumers.is_empty() {
            self.add_consumer()?;
        }
        Ok(())
    }

    /// Has the producers go slower where the consumers do not keep up.
    pub(crate) async fn keep_pace(&mut self, waiting: u64) {
        let pace = match waiting {
            0..1_500 => 40,
            1_500..4_000 => 200,
            4_000..8_000 => 600,
            _ => 2_000,
        };
        if pace != self.pace {
            self.pace = pace;
            for producer in &mut self.producers {
                // One that is gone is replaced, or was killed.
                let _ = producer.tell(&pace.to_string()).await;
            }
        }
    }

    /// Ends the producers; they first learn what became of what they have asked for.
    pub(crate) async fn stop_producers(&mut self) {
        for producer in self.producers.drain(..) {
            let name = producer.name.clone();
            match producer.stop(PATIENCE).await {
                Ok(status) if status.success() => {}
                Ok(status) => self.journal.note(&format!("{name} ended: {status}")),
                Err(error) => self.journal.note(&format!("{error}; it was killed")),
            }
        }
    }

    /// Ends the consumers, by SIGTERM; tells of those that did not obey.
    pub(crate) async fn stop_consumers(&mut self) -> Vec<String> {
        let mut disobeyed = Vec::new();
        for mut consumer in self.consumers.drain(..) {
            let stopped = async {
                consumer.signal("TERM").await?;
                consumer.wait(PATIENCE).await
            };
            match stopped.await {
                Ok(status) if status.success() => {}
                Ok(status) => disobeyed.push(format!("{} ended: {status}", consumer.name)),
                Err(error) => disobeyed.push(format!("{} was not ended: {error}", consumer.name)),
            }
        }
        for consumer in &disobeyed {
            self.journal.note(consumer);
        }
        disobeyed
    }
}

fn any(list: &mut Vec<Process>, random: &mut Random) -> Option<Process> {
    let last = list.len().checked_sub(1)?;
    let place = random.between(0, u64::try_from(last).ok()?);
    Some(list.swap_remove(usize::try_from(place).ok()?))
}
