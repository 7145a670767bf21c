//! The background consumer as a process of its own: executes what `signup` flushes lazily.
//!
//! ```text
//! BEEORM_MYSQL_URL=mysql://… BEEORM_REDIS_URL=redis://… SIGNUP_CONSUMER=none cargo run --bin signup
//! BEEORM_MYSQL_URL=mysql://… BEEORM_REDIS_URL=redis://… cargo run --example consumer
//! ```
//!
//! Start as many as you like: one works, and another takes over within seconds when that one goes away. It runs
//! until SIGTERM or Ctrl-C, finishes what it holds, and leaves the rest in the stream for the next one.

mod shutdown;
mod user;

use std::{env, error::Error, process::ExitCode};

use beeorm::prelude::*;
use tracing_subscriber::filter::LevelFilter;

use crate::user::User;

#[tokio::main]
async fn main() -> ExitCode {
    // Takeovers, retries and dead letters are told here.
    tracing_subscriber::fmt()
        .with_max_level(LevelFilter::INFO)
        .with_writer(std::io::stderr)
        .init();
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("consumer: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let engine = Registry::new()
        .pool(DEFAULT_POOL, url("BEEORM_MYSQL_URL")?)
        .pool(DEFAULT_POOL, url("BEEORM_REDIS_URL")?)
        .entity::<User>()
        .connect()
        .await?;
    engine.schema().update().await?;

    let shutdown = shutdown::requested()?;
    println!("consuming until SIGTERM or Ctrl-C");
    let report = engine
        .background_consumer()
        // Called for what the database refuses for good; without any resolver it would be dead-lettered all the same.
        .error_resolver(|failure| async move {
            eprintln!("refused: {}", failure.error);
            Resolution::DeadLetter
        })
        .run_until(shutdown)
        .await?;
    println!("{report:#?}");
    engine.close().await;
    Ok(())
}

fn url(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| {
        format!("set {name}: a consumer of its own needs servers that others reach too")
    })
}
