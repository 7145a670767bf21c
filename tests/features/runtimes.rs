//! An engine may be used from several tokio runtimes, of which one may stand still as soon as it has its answer: nobody
//! else waits for that one.

use std::{sync::mpsc, thread, time::Duration};

use beeorm::{Outcome, prelude::*};
use futures_util::FutureExt;
use tokio::runtime::Builder;

use crate::support::{Backend, drain, engine, on_every_backend};

#[derive(Entity, Debug, Default)]
struct Sighting {
    #[entity(uuid)]
    id: Uuid,
    what: String,
}

/// Runs the future on a runtime of its own, which stands still afterwards, until the sender is dropped.
fn elsewhere<F: Future<Output = ()>>(
    call: impl FnOnce() -> F + Send + 'static,
) -> (mpsc::Sender<()>, thread::JoinHandle<()>) {
    let (end, ended) = mpsc::channel::<()>();
    let thread = thread::spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(call());
        let _ = ended.recv();
    });
    (end, thread)
}

/// Longer than anything here takes, and shorter than any time-out of the library's.
const SOON: Duration = Duration::from_secs(4);

async fn sighting(engine: &Engine) -> Result<beeorm::Receipt, Error> {
    let mut sighting = Sighting {
        what: "a bee".into(),
        ..Sighting::default()
    };
    engine.flush_lazy(&mut sighting).await
}

on_every_backend! {
    async fn one_that_stands_still_after_its_flush_holds_up_nobody(backend: Backend) {
        let engine = engine(backend.registry().entity::<Sighting>()).await;
        let elsewhere_engine = engine.clone();
        let (flushed, done) = tokio::sync::oneshot::channel();
        let (end, thread) = elsewhere(move || async move {
            sighting(&elsewhere_engine).await.unwrap();
            let _ = flushed.send(());
        });
        done.await.unwrap();
        let receipt = tokio::time::timeout(SOON, sighting(&engine)).await;
        receipt.expect("in time").unwrap();
        drop(end);
        thread.join().unwrap();
    }

    async fn one_that_stands_still_after_it_asked_for_an_outcome_holds_up_nobody(backend: Backend) {
        let engine = engine(backend.registry().entity::<Sighting>()).await;
        let [first, second] = [sighting(&engine).await.unwrap(), sighting(&engine).await.unwrap()];
        let (asked, done) = tokio::sync::oneshot::channel();
        let (end, thread) = elsewhere(move || async move {
            let pending = first.applied(Duration::from_millis(100)).await;
            assert!(matches!(pending, Err(Error::LazyPending { .. })), "{pending:?}");
            let _ = asked.send(());
        });
        done.await.unwrap();
        drain(&engine).await;
        assert_eq!(second.applied(SOON).await.unwrap(), Outcome::Applied);
        drop(end);
        thread.join().unwrap();
    }

    async fn without_one_a_call_says_what_it_wants(backend: Backend) {
        let engine = engine(backend.registry().entity::<Sighting>()).await;
        let registry = backend.registry().entity::<Sighting>();
        let told = thread::spawn(move || {
            let mut sighting = Sighting::default();
            [
                engine.flush(&mut sighting).now_or_never().expect("at once").map(drop),
                engine.load::<Sighting>(Uuid::from_u128(7)).now_or_never().expect("at once").map(drop),
                registry.connect().now_or_never().expect("at once").map(drop),
            ]
        });
        for told in told.join().expect("no panic") {
            let told = told.unwrap_err().to_string();
            assert!(told.contains("tokio runtime"), "{told}");
        }
    }
}

/// As tests have it that share a static engine.
#[tokio::test]
async fn what_ended_with_the_runtime_of_connect_is_told() {
    let backend = Backend::servers().await;
    let registry = backend.registry().entity::<Sighting>();
    let connected = thread::spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(engine(registry))
    });
    let engine = connected.join().unwrap();
    let refused = sighting(&engine).await.unwrap_err().to_string();
    assert!(
        refused.contains("the runtime that `connect()` was called on has ended"),
        "{refused}"
    );
}
