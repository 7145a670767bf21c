//! On what it was measured.

use std::{
    fmt,
    process::Command,
    time::{Duration, Instant},
};

use fred::{clients::Client, interfaces::ClientLike, types::InfoKind};
use serde::{Deserialize, Serialize};
use sqlx::{MySqlConnection, Row, query};

use crate::{
    Fallible,
    stage::{Network, Stage},
};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Header {
    pub(crate) date: String,
    pub(crate) commit: String,
    pub(crate) processor: String,
    pub(crate) cores: usize,
    pub(crate) database: String,
    /// What the database does at a COMMIT.
    pub(crate) database_durability: Vec<String>,
    pub(crate) redis: String,
    pub(crate) redis_durability: Vec<String>,
    /// A PING there and back, in microseconds: on the loopback, and through the delaying network.
    pub(crate) ping_micros: [f64; 2],
    /// How many processes wanted a core when it began.
    pub(crate) load: String,
}

impl Header {
    pub(crate) async fn ask(stage: &Stage) -> Fallible<Self> {
        let mut connection = stage.sql(Network::Loopback).await?;
        let redis = stage.redis(Network::Loopback).await?;
        let server: String = redis.info(Some(InfoKind::Server)).await?;
        let version = server
            .lines()
            .find_map(|line| line.strip_prefix("redis_version:"));
        let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
        Ok(Self {
            date: chrono::Utc::now().format("%Y-%m-%d").to_string(),
            commit: commit(),
            processor: processor(),
            cores: std::thread::available_parallelism()?.get(),
            database: query("SELECT VERSION()")
                .fetch_one(&mut connection)
                .await?
                .try_get(0)?,
            database_durability: database_durability(&mut connection).await?,
            redis: version.unwrap_or("unknown").to_owned(),
            redis_durability: redis_durability(&redis).await?,
            ping_micros: [
                ping(&redis).await?,
                ping(&stage.redis(Network::Delayed).await?).await?,
            ],
            load: load.split(' ').next().unwrap_or_default().to_owned(),
        })
    }

    /// What its results are called by: the date, and the machine without its name.
    pub(crate) fn file_name(&self) -> String {
        let processor = self.processor.to_lowercase();
        let words = processor.split(|c: char| !c.is_ascii_alphanumeric());
        let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        let maker = if self.database.contains("MariaDB") {
            "mariadb"
        } else {
            "mysql"
        };
        format!(
            "{}-{}-{}-cores-{maker}",
            self.date,
            words.join("-"),
            self.cores
        )
    }
}

async fn database_durability(connection: &mut MySqlConnection) -> Fallible<Vec<String>> {
    let rows = query(
        "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('innodb_flush_log_at_trx_commit', 'sync_binlog', 'log_bin', \
         'innodb_doublewrite', 'innodb_buffer_pool_size')",
    )
    .fetch_all(connection)
    .await?;
    let setting = |row: &sqlx::mysql::MySqlRow| -> Fallible<String> {
        let (name, value): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        Ok(format!("{name}={value}"))
    };
    rows.iter().map(setting).collect()
}

async fn redis_durability(redis: &Client) -> Fallible<Vec<String>> {
    use fred::interfaces::ConfigInterface;

    let mut settings = Vec::new();
    for name in ["appendonly", "appendfsync", "save"] {
        let found: Vec<String> = redis.config_get(name).await?;
        settings.push(format!(
            "{name}={}",
            found.get(1).map_or("", String::as_str)
        ));
    }
    Ok(settings)
}

/// The middle of some.
async fn ping(redis: &Client) -> Fallible<f64> {
    let mut times = Vec::new();
    for _ in 0..201 {
        let begun = Instant::now();
        let _: () = redis.ping(None).await?;
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    let middle: Duration = times.get(100).copied().unwrap_or_default();
    Ok((middle.as_secs_f64() * 1e7).round() / 10.0)
}

fn processor() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info
        .lines()
        .find_map(|line| line.strip_prefix("model name"));
    let model = model.map(|model| model.trim_matches([' ', '\t', ':']).to_owned());
    model.unwrap_or_else(|| std::env::consts::ARCH.to_owned())
}

fn commit() -> String {
    let asked = Command::new("git")
        .args(["rev-parse", "--short", "HEAD"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output();
    let answer = asked.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    answer.unwrap_or_default()
}

impl fmt::Display for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [loopback, delayed] = self.ping_micros;
        writeln!(
            f,
            "{}, beeorm {}, {}, {} cores, load {}",
            self.date, self.commit, self.processor, self.cores, self.load
        )?;
        writeln!(
            f,
            "database: {} ({})",
            self.database,
            self.database_durability.join(", ")
        )?;
        writeln!(
            f,
            "redis:    {} ({})",
            self.redis,
            self.redis_durability.join(", ")
        )?;
        write!(
            f,
            "network:  a PING takes {loopback} µs, and {delayed} µs where it is delayed"
        )
    }
}
