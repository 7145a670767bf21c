//! What the consumer writes into the program's log.

use std::{
    io::Write,
    sync::{Arc, Mutex},
};

use beeorm::prelude::*;
use tracing_subscriber::fmt::MakeWriter;

use crate::{
    entities::registered,
    support::{Backend, drain, engine, keeper},
};

/// The log of the whole program, in which other tests run beside this one.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl Log {
    fn of(&self, frame: Uuid) -> String {
        let log = String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned();
        let frame = frame.to_string();
        let lines = log.lines().filter(|line| line.contains(&frame));
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// A log is read by more people than the database is.
#[tokio::test]
async fn a_dead_flush_is_told_without_its_values() {
    let log = Log::default();
    let builder = tracing_subscriber::fmt().with_writer(log.clone());
    builder.with_ansi(false).init();
    let backend = Backend::servers().await;
    let engine = engine(registered(backend.registry())).await;
    let mut frames = Vec::new();
    for id in [1, 2, 3] {
        let mut keeper = engine.track(keeper(id, "secret@beeorm.io")).unwrap();
        let receipt = engine.flush_lazy(&mut keeper).await.unwrap();
        frames.push(receipt.frame_ids()[0]);
    }
    let third = frames[2];
    let skips_one = engine
        .background_consumer()
        .error_resolver(move |failure| async move {
            if failure.frame_id == third {
                Resolution::Skip
            } else {
                Resolution::Pass
            }
        });
    let report = skips_one.drain().await.unwrap();
    assert_eq!((report.applied, report.dead, report.skipped), (1, 1, 1));
    assert_eq!(drain(&engine).await.dead, 0);
    for (frame, what) in [(frames[1], "dead-lettered"), (third, "skip")] {
        let told = log.of(frame);
        assert!(told.contains(what) && told.contains("1062"), "{told}");
        assert!(!told.contains("secret@"), "{told}");
    }
    let letters = engine.dead_letters().list(1).await.unwrap();
    assert!(letters[0].error.contains("secret@"), "{letters:?}");
}
