use std::sync::atomic::{AtomicBool, Ordering};

use super::entry::id;
use crate::{
    redis::{Arguments, Client, FsyncWriter, RedisError, Written},
    stream::{Appended, Fsync},
};

/// Appends that are answered when they are on disk.
#[derive(Debug)]
pub(super) struct Durable {
    writer: FsyncWriter,
    /// The server is too old to tell, and answers no write before it is on disk.
    always: AtomicBool,
}

impl Durable {
    pub(super) fn new(client: &Client) -> Self {
        Self {
            writer: client.fsync_writer(),
            always: AtomicBool::new(false),
        }
    }

    /// Connects; refused where the server cannot tell when an append is on disk.
    pub(super) async fn prepare(&self, client: &Client, fsync: Fsync) -> Result<(), RedisError> {
        match self.writer.prepare().await {
            Err(RedisError::NoFsync(refusal)) => self.without(client, fsync, refusal).await,
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
        if !self.always.load(Ordering::Relaxed) {
            match self.writer.write("XADD", entry(), replicas, timeout).await {
                Err(RedisError::NoFsync(refusal)) => self.without(client, fsync, refusal).await?,
                written => return appended(written?, fsync),
            }
        }
        let id = id(client.command("XADD", entry()).await?)?;
        Ok(Appended {
            id,
            shortfall: None,
        })
    }

    /// Whether plain appends do on a server that refuses to tell.
    async fn without(
        &self,
        client: &Client,
        fsync: Fsync,
        refusal: String,
    ) -> Result<(), RedisError> {
        if fsync.replicas == 0 && client.fsyncs_always().await? {
            self.always.store(true, Ordering::Relaxed);
            return Ok(());
        }
        Err(RedisError::NoFsync(advice(&refusal, fsync.replicas)))
    }

    pub(super) async fn close(&self) {
        self.writer.close().await;
    }
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
    if refusal.contains("unknown command") {
        let always = if replicas == 0 {
            "; or set `appendonly yes` and `appendfsync always` there, with which it answers nothing before it is on disk"
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
