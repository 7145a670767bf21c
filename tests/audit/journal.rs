//! The run's log: what was done when, counted and printed.

use std::{
    collections::HashMap,
    fs::File,
    io::{Read, Seek, SeekFrom, Write},
    path::PathBuf,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use crate::{Fallible, stage::Stage};

pub(crate) struct Journal {
    start: Instant,
    file: Mutex<File>,
    faults: AtomicU64,
    last: Mutex<String>,
    tail: Mutex<Tail>,
}

impl Journal {
    pub(crate) fn begin(stage: &Stage) -> Fallible<Self> {
        Ok(Self {
            start: Instant::now(),
            file: Mutex::new(File::create_new(stage.file("run.log"))?),
            faults: AtomicU64::new(0),
            last: Mutex::default(),
            tail: Mutex::default(),
        })
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    pub(crate) fn faults(&self) -> u64 {
        self.faults.load(Ordering::Relaxed)
    }

    /// Counts a fault and writes it down.
    pub(crate) fn fault(&self, what: &str) {
        self.faults.fetch_add(1, Ordering::Relaxed);
        if let Ok(mut last) = self.last.lock() {
            what.clone_into(&mut last);
        }
        self.note(what);
    }

    pub(crate) fn note(&self, what: &str) {
        let line = format!("{:8.2} s  {what}", self.elapsed().as_secs_f64());
        println!("{line}");
        if let Ok(mut file) = self.file.lock() {
            // The same stands on standard output.
            let _ = writeln!(file, "{line}");
        }
    }

    /// Says how far it is.
    pub(crate) fn progress(&self, stage: &Stage, waiting: Option<u64>) {
        let acked = self.acknowledged(stage);
        let waiting = waiting.map_or_else(|| "?".to_owned(), |waiting| waiting.to_string());
        let last = self
            .last
            .lock()
            .map(|last| last.clone())
            .unwrap_or_default();
        println!(
            "{:8.0} s  acked={acked} waiting={waiting} faults={} last fault: {last}",
            self.elapsed().as_secs_f64(),
            self.faults(),
        );
    }

    /// How many calls the producers were told to be in the stream, so far.
    pub(crate) fn acknowledged(&self, stage: &Stage) -> u64 {
        let Ok(mut tail) = self.tail.lock() else {
            return 0;
        };
        for path in stage.files("record-").unwrap_or_default() {
            // The next look sees what this one could not.
            let _ = tail.read(path);
        }
        tail.acknowledged
    }
}

/// How far the records were read.
#[derive(Debug, Default)]
struct Tail {
    read: HashMap<PathBuf, u64>,
    acknowledged: u64,
}

impl Tail {
    fn read(&mut self, path: PathBuf) -> std::io::Result<()> {
        let mut file = File::open(&path)?;
        let from = self.read.entry(path).or_default();
        file.seek(SeekFrom::Start(*from))?;
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        // The last line may be half written.
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        *from += whole as u64;
        self.acknowledged += text[..whole].matches("\"acknowledged\"").count() as u64;
        Ok(())
    }
}
