//! A producer of the audit, as a process of its own: it flushes lazily what its tasks think of, and writes down what
//! it asked for and what it was told.
//!
//! `setup` makes the tables. `run <number> <seed> <record>` works until the end of its standard input, where a line
//! says how many milliseconds its tasks rest at most between two calls. `fill <flushes>` makes a backlog.

mod entities;
mod families;
mod fill;
mod handles;
mod inserts;
mod mischief;
mod producer;
mod record;
mod rows;
mod visits;

use std::{env, error::Error, process::ExitCode, sync::Arc, time::Duration};

use beeorm::{PoolOptions, prelude::*};
use beeorm_tests::Random;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    task::JoinSet,
};

use crate::{producer::Producer, record::Record};

type Fallible<T> = Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    let ended = runtime.map_err(Into::into).and_then(|runtime| {
        let ended = runtime.block_on(begin());
        // The thread that waits on standard input cannot be joined.
        runtime.shutdown_background();
        ended
    });
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("beeorm-audit-producer: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn begin() -> Fallible<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["setup"] => {
            engine().await?.schema().update().await?;
            Ok(())
        }
        ["fill", flushes] => fill::fill(engine().await?, flushes.parse()?).await,
        ["run", number, seed, path] => run(number.parse()?, seed.parse()?, path).await,
        _ => Err(
            "the arguments are `setup`, `fill <flushes>` or `run <number> <seed> <record>`".into(),
        ),
    }
}

async fn engine() -> Fallible<Engine> {
    let impatient = PoolOptions::new()
        .command_timeout(Duration::from_secs(2))
        .connect_timeout(Duration::from_secs(2));
    let registry = Registry::new()
        .pool(DEFAULT_POOL, env::var("BEEORM_MYSQL_URL")?)
        .pool_with(DEFAULT_POOL, env::var("BEEORM_REDIS_URL")?, impatient);
    Ok(entities::registered(registry).connect().await?)
}

async fn run(number: u64, seed: u64, path: &str) -> Fallible<()> {
    let record = Record::create(path)?;
    let engine = loop {
        // It was started while a server was away.
        match engine().await {
            Ok(engine) => break engine,
            Err(error) => eprintln!("producer {number}: {error}"),
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    let producer = Arc::new(Producer::new(engine, record, number));
    let mut random = Random::seeded(seed);
    let mut seed = || Random::seeded(random.between(0, u64::MAX - 1));
    let mut tasks = JoinSet::new();
    for _ in 0..2 {
        tasks.spawn(visits::run(Arc::clone(&producer), seed()));
        tasks.spawn(rows::run(Arc::clone(&producer), seed()));
    }
    tasks.spawn(inserts::run(Arc::clone(&producer), seed()));
    tasks.spawn(handles::run(Arc::clone(&producer), seed()));
    tasks.spawn(families::run(Arc::clone(&producer), seed()));
    tasks.spawn(mischief::run(Arc::clone(&producer), seed()));
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        producer.pace(line.parse()?);
    }
    producer.stop();
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    Ok(())
}
