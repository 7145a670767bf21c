//! A background consumer as a process of its own, for the tests that kill and stop it.
//!
//! It consumes what `BEEORM_MYSQL_URL` and `BEEORM_REDIS_URL` say, with as many workers and as large a batch as its
//! two arguments say, until the end of its standard input or SIGTERM; then it prints its report as JSON. With
//! `BEEORM_TEST_IMPATIENT` it waits two seconds for servers that do not answer, and tells its events on standard error.

#[path = "../producer/entities.rs"]
mod audited;
mod entities;

use std::{env, error::Error, process::ExitCode, time::Duration};

use beeorm::{Failure, PoolOptions, Report, Resolution, Value, prelude::*};
use tokio::signal::unix::{SignalKind, signal};

fn main() -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error),
    };
    let report = runtime.block_on(consume());
    // The thread that waits on standard input cannot be joined.
    runtime.shutdown_background();
    let line = report.and_then(|report| Ok(serde_json::to_string(&report)?));
    match line {
        Ok(line) => {
            println!("{line}");
            ExitCode::SUCCESS
        }
        Err(error) => fail(&*error),
    }
}

async fn consume() -> Result<Report, Box<dyn Error>> {
    let mut arguments = env::args()
        .skip(1)
        .map(|argument| argument.parse::<usize>());
    let (Some(workers), Some(batch_size)) = (arguments.next(), arguments.next()) else {
        return Err(
            "two arguments are needed: the number of workers, and the entries of a batch".into(),
        );
    };
    let impatient = env::var_os("BEEORM_TEST_IMPATIENT").is_some();
    let (mut options, patience) = (PoolOptions::new(), Duration::from_secs(2));
    if impatient {
        tracing_subscriber::fmt()
            .with_writer(std::io::stderr)
            .init();
        options = options.command_timeout(patience).connect_timeout(patience);
    }
    let registry = Registry::new()
        .pool(DEFAULT_POOL, env::var("BEEORM_MYSQL_URL")?)
        .pool_with(DEFAULT_POOL, env::var("BEEORM_REDIS_URL")?, options);
    let registry = audited::registered(entities::registered(registry));
    let mut consumer = registry
        .connect()
        .await?
        .background_consumer()
        .lazy_flush_workers(workers?)
        .batch_size(batch_size?)
        // So that also a short backlog is applied by several workers.
        .rows_of_a_lane(32)
        .error_resolver(async |failure| resolve(&failure));
    if impatient {
        consumer = consumer.answer_timeout(patience * 2);
    }
    Ok(consumer.run_until(told_to_stop()).await?)
}

/// Skips what asks for it.
fn resolve(failure: &Failure) -> Resolution {
    let asks =
        |value: &Value| matches!(value, Value::Text(text) if text.starts_with(audited::SKIP));
    let mut values = failure
        .statements
        .iter()
        .flat_map(|statement| &statement.values);
    if failure
        .statements
        .iter()
        .any(|statement| statement.table == "audit_odd")
        && values.any(|(_, value)| asks(value))
    {
        return Resolution::Skip;
    }
    Resolution::Pass
}

async fn told_to_stop() {
    let end_of_input = async {
        let mut nowhere = tokio::io::sink();
        // An unreadable standard input is as good as a closed one.
        let _ = tokio::io::copy(&mut tokio::io::stdin(), &mut nowhere).await;
    };
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signals) => drop(signals.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        () = end_of_input => {}
        () = terminated => {}
    }
}

fn fail(error: &dyn Error) -> ExitCode {
    eprintln!("beeorm-test-consumer: {error}");
    ExitCode::FAILURE
}
