//! A consumer and nothing else, as a process whose memory and time can be looked at; until its input ends.

use std::error::Error;

use beeorm::{PoolOptions, prelude::*};

#[allow(dead_code, reason = "the bench flushes them, and this only consumes")]
#[path = "../entities.rs"]
mod entities;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let engine = Registry::new()
        .pool(DEFAULT_POOL, std::env::var("BEEORM_BENCH_MYSQL_URL")?)
        .pool_with(
            DEFAULT_POOL,
            std::env::var("BEEORM_BENCH_REDIS_URL")?,
            PoolOptions::new().namespace("beeorm-bench"),
        )
        .entity::<entities::Page>()
        .entity::<entities::Account>()
        .connect()
        .await?;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    std::thread::spawn(move || {
        let mut line = String::new();
        // An unreadable input is one that has ended.
        let _ = std::io::stdin().read_line(&mut line);
        drop(stop);
    });
    let report = engine.background_consumer().run_until(stopped).await?;
    println!("{}", report.applied);
    Ok(())
}
