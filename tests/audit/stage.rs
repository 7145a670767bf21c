//! Where it is played: servers of its own, a database with its triggers, and the roads to them.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use beeorm_tests::{Answer, Proxy, RedisConnection, Servers};
use tokio::sync::Mutex as AsyncMutex;

use crate::{
    Fallible,
    clocks::Clocks,
    database::Database,
    options::{Options, Scenario},
    process, tables,
};

/// The channel, in a namespace of the audit's.
pub(crate) const STREAM: &str = "audit:orm-lazy-channel";
pub(crate) const GROUP: &str = "orm-async-consumer";

/// The servers, and what of them is known.
pub(crate) struct Stage {
    servers: Arc<Mutex<Servers>>,
    names: String,
    /// As root, past every proxy.
    pub(crate) mysql: String,
    pub(crate) redis: String,
    pub(crate) consumers: Roads,
    pub(crate) producers: Roads,
    /// Where the clocks of servers and processes can be stepped.
    pub(crate) clocks: Option<Clocks>,
    /// The records and logs of the run.
    pub(crate) folder: PathBuf,
    /// Of a Redis that writes to its disk once a second: what it had before each of its deaths, and may not have
    /// written, from and to when, in milliseconds since 1970.
    unwritten: Option<Mutex<Vec<(u64, u64)>>>,
}

/// A second, and as long again as Redis waits for a disk that is busy.
const UNWRITTEN: u64 = 2_000;

fn now_millis() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |now| u64::try_from(now.as_millis()).unwrap_or(u64::MAX))
}

/// The ways of one kind of process to both servers.
pub(crate) struct Roads {
    pub(crate) mysql: Road,
    pub(crate) redis: Road,
}

/// A way to a server that can be cut.
pub(crate) struct Road {
    pub(crate) proxy: AsyncMutex<Proxy>,
    pub(crate) url: String,
}

impl Road {
    async fn to(url: &str) -> Self {
        let (proxy, url) = Proxy::before(url).await;
        let proxy = AsyncMutex::new(proxy);
        Self { proxy, url }
    }
}

impl Stage {
    pub(crate) async fn build(options: &Options) -> Fallible<Self> {
        let program = process::beside_this("beeorm-test-servers")?;
        let folder = tempfile::Builder::new()
            .prefix("beeorm-audit-")
            .tempdir()?
            .keep();
        let clocks = (options.scenario == Scenario::Clocks).then(|| Clocks::make(&folder));
        let clocks = clocks.transpose()?;
        let mut arguments = vec!["--durable"];
        if let Some(clocks) = &clocks {
            arguments.extend([
                "--clocks",
                clocks.folder().to_str().ok_or("a folder's name")?,
            ]);
        } else if let Some(kind) = &options.servers {
            arguments.extend(["--servers", kind]);
        }
        let servers = Servers::start(&program, &arguments)?;
        if let Some(clocks) = &clocks {
            clocks.check(&servers.mysql, &servers.redis).await?;
        }

        let mut root = Database::connect(&servers.mysql).await?;
        root.run("CREATE DATABASE `audit`").await?;
        // Not root, who writes on a read-only server too, and connects when no more connections are to be had.
        root.run("CREATE USER 'bee'@'%'").await?;
        root.run("GRANT ALL ON `audit`.* TO 'bee'@'%'").await?;
        let address = servers.mysql.rsplit('@').next().unwrap_or_default();
        let mysql = format!("mysql://bee@{address}/audit");
        let redis = format!("{}?namespace=audit", servers.redis);
        let roads = async || Roads {
            mysql: Road::to(&mysql).await,
            redis: Road::to(&redis).await,
        };
        let stage = Self {
            consumers: roads().await,
            producers: roads().await,
            names: servers.names.clone(),
            mysql: format!("{}/audit", servers.mysql),
            redis: servers.redis.clone(),
            servers: Arc::new(Mutex::new(servers)),
            clocks,
            folder,
            unwritten: (options.scenario == Scenario::Everysec).then(Mutex::default),
        };
        stage.relax().await?;
        process::setup(&stage).await?;
        tables::prepare(&mut stage.database().await?).await?;
        Ok(stage)
    }

    /// Faults that nothing has met yet are met by nothing any more.
    pub(crate) async fn heal(&self) {
        for roads in [&self.consumers, &self.producers] {
            for road in [&roads.mysql, &roads.redis] {
                road.proxy.lock().await.heal();
            }
        }
    }

    pub(crate) fn names(&self) -> &str {
        &self.names
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Has something done to a server, as `kill redis`.
    pub(crate) async fn order(&self, order: &str) -> Fallible<()> {
        let begun = now_millis();
        self.carry_out(order).await?;
        match order {
            "kill redis" => self.note_death(begun),
            "start redis" => self.relax().await,
            _ => Ok(()),
        }
    }

    fn note_death(&self, begun: u64) -> Fallible<()> {
        if let Some(unwritten) = &self.unwritten {
            let mut unwritten = unwritten.lock().map_err(|_| "an order has panicked")?;
            unwritten.push((begun.saturating_sub(UNWRITTEN), now_millis()));
        }
        Ok(())
    }

    /// When what was acknowledged may not have been on Redis' disk when it died.
    pub(crate) fn unwritten(&self) -> Vec<(u64, u64)> {
        let unwritten = self.unwritten.as_ref().and_then(|times| times.lock().ok());
        unwritten.map_or_else(Vec::new, |times| times.clone())
    }

    /// The server is started with `always`.
    async fn relax(&self) -> Fallible<()> {
        if self.unwritten.is_some() {
            let mut redis = self.redis().await?;
            redis
                .command(["CONFIG", "SET", "appendfsync", "everysec"])
                .await?;
        }
        Ok(())
    }

    async fn carry_out(&self, order: &str) -> Fallible<()> {
        let (servers, order) = (Arc::clone(&self.servers), order.to_owned());
        let done = tokio::task::spawn_blocking(move || {
            let mut servers = servers.lock().map_err(|_| "an order has panicked")?;
            servers.order(&order)
        });
        Ok(done.await??)
    }

    pub(crate) async fn database(&self) -> Fallible<Database> {
        Database::connect(&self.mysql).await
    }

    pub(crate) async fn redis(&self) -> Fallible<RedisConnection> {
        Ok(RedisConnection::to(&self.redis).await?)
    }

    /// How many entries wait in the channel, where Redis says so at once.
    pub(crate) async fn waiting(&self) -> Option<u64> {
        let ask = async {
            self.redis()
                .await?
                .command(["XLEN", STREAM])
                .await
                .map_err(Into::into)
        };
        let answer: Result<Fallible<_>, _> =
            tokio::time::timeout(Duration::from_secs(2), ask).await;
        answer.ok()?.ok()?.text().parse().ok()
    }

    /// How many flushes are in the channel: an entry has those of several calls.
    pub(crate) async fn flushes_waiting(&self) -> Fallible<u64> {
        let mut redis = self.redis().await?;
        let (mut flushes, mut from) = (0, "-".to_owned());
        loop {
            let page = redis
                .command(["XRANGE", STREAM, &from, "+", "COUNT", "500"])
                .await?
                .list();
            let Some(last) = page.last() else {
                return Ok(flushes);
            };
            from = format!(
                "({}",
                last.clone()
                    .list()
                    .first()
                    .map(Answer::text)
                    .unwrap_or_default()
            );
            for entry in page {
                let fields = entry.list().pop().map(Answer::list).unwrap_or_default();
                flushes += fields.len() as u64 / 2;
            }
        }
    }

    /// Removes what tells of nothing but what it was meant to.
    pub(crate) fn clear(&self) {
        if let Err(error) = std::fs::remove_dir_all(&self.folder) {
            eprintln!("cannot remove {}: {error}", self.folder.display());
        }
    }

    /// The files of the folder whose names begin so.
    pub(crate) fn files(&self, prefix: &str) -> Fallible<Vec<PathBuf>> {
        files(&self.folder, prefix)
    }
}

fn files(folder: &Path, prefix: &str) -> Fallible<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        if name.starts_with(prefix) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Asks until there is an answer, or the time is up.
pub(crate) async fn within<T>(
    time: Duration,
    mut ask: impl AsyncFnMut() -> Option<T>,
) -> Option<T> {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return Some(answer);
        }
        if start.elapsed() > time {
            return None;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
