use std::sync::{Mutex, MutexGuard, PoisonError};

use super::entry::id;
use crate::{
    redis::{Arguments, Client, FsyncWriter, RedisError, Written},
    stream::{Appended, Fsync},
};

/// Appends that are answered when they are on disk.
#[derive(Debug)]
pub(super) struct Durable {
    writer: FsyncWriter,
    /// The generation of the client's connection in which the server was too old to tell, and answered no write before it
    /// was on disk.
    always: Mutex<Option<u64>>,
}

impl Durable {
    pub(super) fn new(client: &Client) -> Self {
        Self {
            writer: client.fsync_writer(),
            always: Mutex::default(),
        }
    }

    /// Connects; refused where the server cannot tell when an append is on disk.
    pub(super) async fn prepare(&self, client: &Client, fsync: Fsync) -> Result<(), RedisError> {
        match self.writer.prepare().await {
            Err(RedisError::NoFsync(refusal)) => {
                self.without(client, fsync, refusal).await.map(drop)
            }
            prepared => prepared,
        }
    }

    pub(super) async fn append(
        &self,
        client: &Client,
        entry: impl Fn() -> Arguments,
        fsync: Fsync,
    ) -> Result<Appended, RedisError> {
        let Fsync { replicas, timeout } = fsync;
        let always = *self.always();
        let generation = match always.filter(|seen| *seen == client.generation()) {
            Some(seen) => seen,
            None => match self.writer.write("XADD", entry(), replicas, timeout).await {
                Err(RedisError::NoFsync(refusal)) => self.without(client, fsync, refusal).await?,
                written => return appended(written?, fsync),
            },
        };
        let id = id(client.command("XADD", entry()).await?)?;
        let is_another = client.generation() != generation;
        Ok(Appended {
            id,
            shortfall: is_another.then(|| ANEW.to_owned()),
        })
    }

    /// Whether plain appends do on a server that does not know how to tell; gives the generation in which they do.
    async fn without(
        &self,
        client: &Client,
        fsync: Fsync,
        refusal: String,
    ) -> Result<u64, RedisError> {
        let generation = client.generation();
        if fsync.replicas == 0 && is_unknown(&refusal) {
            let asked = client.fsyncs_always().await;
            // Nothing of an append was sent.
            let asked = asked.map_err(|error| match error {
                RedisError::Lost(_) | RedisError::TimedOut | RedisError::Unexpected(_) => {
                    RedisError::NotSent(error.to_string())
                }
                error => error,
            });
            if asked? {
                if client.generation() != generation {
                    return Err(RedisError::NotSent(ANEW.to_owned()));
                }
                *self.always() = Some(generation);
                return Ok(generation);
            }
        }
        Err(RedisError::NoFsync(advice(&refusal, fsync.replicas)))
    }

    fn always(&self) -> MutexGuard<'_, Option<u64>> {
        self.always.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) async fn close(&self) {
        self.writer.close().await;
    }
}

const ANEW: &str = "the connection was made anew meanwhile, perhaps to another server, which may not synchronize every write";

/// Whether a server refuses WAITAOF as it does not know it: others know it, and have no such file, say.
fn is_unknown(refusal: &str) -> bool {
    refusal.contains("unknown command")
}

fn appended(written: Written, fsync: Fsync) -> Result<Appended, RedisError> {
    let Fsync { replicas, timeout } = fsync;
    let shortfall = match written.synced {
        Ok((0, _)) => Some(format!(
            "the server's disk did not have it within {timeout:?}"
        )),
        Ok((_, confirmed)) if confirmed < u64::from(replicas) => Some(format!(
            "the disks of {confirmed} replicas had it within {timeout:?}, and {replicas} were asked for"
        )),
        Ok(_) => None,
        Err(error) => Some(error.to_string()),
    };
    Ok(Appended {
        id: id(written.reply)?,
        shortfall,
    })
}

/// What to do about a server that refuses WAITAOF.
fn advice(refusal: &str, replicas: u32) -> String {
    if is_unknown(refusal) {
        let always = if replicas == 0 {
            "; or set `appendonly yes`, `appendfsync always` and `no-appendfsync-on-rewrite no` there, with which it answers \
             nothing before it is on disk"
        } else {
            ""
        };
        format!("the server does not know WAITAOF; take Redis 7.2 or later, or Valkey{always}")
    } else if refusal.contains("appendonly") {
        "the server has no append-only file; set `appendonly yes` there".to_owned()
    } else {
        format!("the server refuses WAITAOF: {refusal}")
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::redis::Reply;

    fn shortfall(synced: Result<(u64, u64), RedisError>, replicas: u32) -> Option<String> {
        let written = Written {
            reply: Reply::Bytes("7-1".into()),
            synced,
        };
        let timeout = Duration::from_secs(1);
        appended(written, Fsync { replicas, timeout })
            .unwrap()
            .shortfall
    }

    #[test]
    fn every_disk_that_was_asked_for_counts() {
        assert_eq!(shortfall(Ok((1, 0)), 0), None);
        assert_eq!(shortfall(Ok((1, 3)), 2), None);
        assert!(shortfall(Ok((0, 2)), 2).unwrap().contains("server's disk"));
        assert!(shortfall(Ok((1, 1)), 2).unwrap().contains("1 replicas"));
        let lost = RedisError::Lost("the server hung up".to_owned());
        assert!(shortfall(Err(lost), 0).unwrap().contains("hung up"));
    }
}
