//! A sign-up service whose requests do not wait for the database: `cargo run --bin signup`.
//!
//! A request appends its statements to the stream, and is answered when Redis has them; the background consumer
//! executes them. It runs in this process, or in one of its own (`cargo run --example consumer`).
//!
//! SIGTERM and Ctrl-C end it: requests in flight are finished, and the stream is drained for up to
//! `SIGNUP_DRAIN_SECONDS` (15). It exits with 0, or with 3 when time was up and lazy flushes wait in the stream for the
//! next start; with 1 after an error or a second signal, and with 2 after a mistake in its settings.

mod body;
mod config;
mod drain;
mod refusal;
mod routes;
#[path = "../../shutdown.rs"]
mod shutdown;
mod stats;
#[path = "../../user.rs"]
mod user;
mod users;

use std::{
    error::Error,
    future,
    io::{self, Write},
    process::ExitCode,
    time::Duration,
};

use beeorm::prelude::*;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

use crate::{
    config::{Config, Consumer},
    drain::Drained,
    user::User,
};

/// After a signal, requests in flight are waited for so long. A client that has not sent all of its request
/// by then is cut off.
const LONGEST_REQUEST: Duration = Duration::from_secs(10);

#[tokio::main]
async fn main() -> ExitCode {
    let config = match Config::from_env() {
        Ok(config) => config,
        Err(mistake) => {
            eprintln!("signup: {mistake}");
            return ExitCode::from(2);
        }
    };
    config.log();
    match run(config).await {
        Ok(Drained::Done) => ExitCode::SUCCESS,
        Ok(Drained::SomeWait) => ExitCode::from(3),
        Err(error) => {
            eprintln!("signup: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(config: Config) -> Result<Drained, Box<dyn Error>> {
    let engine = Registry::new()
        .pool(DEFAULT_POOL, &config.database)
        .pool(DEFAULT_POOL, &config.stream)
        .entity::<User>()
        .connect()
        .await?;
    engine.schema().update().await?;
    let listener = TcpListener::bind(&config.listen)
        .await
        .map_err(|error| format!("cannot listen on SIGNUP_LISTEN={}: {error}", config.listen))?;

    let (finish, finished) = oneshot::channel::<()>();
    let mut consumer = match config.consumer {
        Consumer::InProcess => Some(tokio::spawn(
            engine.background_consumer().run_until(finished),
        )),
        Consumer::None => None,
    };
    let signal = shutdown::requested()?;
    writeln!(
        io::stdout(),
        "listening on http://{}",
        listener.local_addr()?
    )?;
    tokio::select! {
        served = serve(listener, routes::router(engine.clone(), config.consumer), signal) => served?,
        failed = ended(&mut consumer) => return Err(failed),
    }

    // Every request is answered, and what it flushed is in the stream: the consumer does what is left.
    drop(finish);
    let drained = match consumer {
        Some(consumer) => drain::drain(&engine, consumer, &config).await?,
        None => Drained::Done,
    };
    engine.close().await;
    Ok(drained)
}

/// Until the signal; then no connection is taken any more, and the requests in flight are finished.
async fn serve(
    listener: TcpListener,
    routes: axum::Router,
    signal: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let (tell, told) = oneshot::channel();
    let signal = async move {
        signal.await;
        tracing::info!("told to stop: finishing the requests in flight");
        let _ = tell.send(());
    };
    let too_long = async move {
        if told.await.is_err() {
            return future::pending().await;
        }
        tokio::time::sleep(LONGEST_REQUEST).await;
    };
    tokio::select! {
        served = axum::serve(listener, routes).with_graceful_shutdown(signal) => served,
        () = too_long => {
            tracing::warn!("requests that take longer than {LONGEST_REQUEST:?} are cut off");
            Ok(())
        }
    }
}

/// Why the consumer ended before it was told to; waits for ever where there is none.
async fn ended(consumer: &mut Option<JoinHandle<Result<Report, beeorm::Error>>>) -> Box<dyn Error> {
    match consumer {
        None => future::pending().await,
        Some(consumer) => match consumer.await {
            Ok(Ok(_)) => "the background consumer ended by itself".into(),
            Ok(Err(error)) => error.into(),
            Err(error) => error.into(),
        },
    }
}
