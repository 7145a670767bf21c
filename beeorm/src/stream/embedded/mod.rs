//! A stream in SQLite, in a file or in memory: no server needed.
//!
//! One process has it, one pool in it: consumers of the process contend for the lease, which is kept in memory,
//! and everything else survives in the file. What is delivered and not acknowledged is what stands before the
//! place up to which entries were delivered, as acknowledged ones are deleted.

mod failure;
mod frames;
mod location;
mod rows;
mod state;
mod store;
#[cfg(test)]
mod tests;

use std::{pin::pin, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use uuid::Uuid;

pub(crate) use self::store::{Store, open};
use self::{
    failure::Failures,
    frames::pack,
    rows::{LAST, Place, Rows},
};
use super::{
    Appended, AsideEntry, Entry, EntryId, Figures, Fsync, Lease, OWNER, Stream, StreamError,
};

/// A stream of a store, with its one group.
#[derive(Debug)]
pub(crate) struct EmbeddedStream {
    store: Arc<Store>,
    name: String,
}

impl EmbeddedStream {
    pub(crate) fn new(store: Arc<Store>, name: &str) -> Self {
        Self {
            store,
            name: name.to_owned(),
        }
    }

    fn failures(&self) -> Failures<'_> {
        Failures {
            pool: self.store.pool(),
        }
    }

    async fn rows(&self) -> Result<Rows<'_>, StreamError> {
        Rows::of(&self.store, &self.name).await
    }
}

impl Stream for EmbeddedStream {
    fn append<'s>(&'s self, frames: &'s [Bytes]) -> BoxFuture<'s, Result<EntryId, StreamError>> {
        Box::pin(async move {
            let mut state = self.store.state().await?;
            let mut rows = self.rows().await?;
            let id = rows.next_id(&mut state, self.store.now_millis()).await?;
            let appended = rows.insert(id, &pack(frames)).await;
            appended.map_err(|error| self.failures().append_failed(&error))?;
            self.store.appended.notify_waiters();
            Ok(id)
        })
    }

    fn append_fsynced<'s>(
        &'s self,
        frames: &'s [Bytes],
        fsync: Fsync,
    ) -> BoxFuture<'s, Result<Appended, StreamError>> {
        Box::pin(async move {
            self.prepare_fsync(fsync).await?;
            // The file is synchronized by every commit.
            let id = self.append(frames).await?;
            Ok(Appended {
                id,
                shortfall: None,
            })
        })
    }

    fn prepare_fsync(&self, fsync: Fsync) -> BoxFuture<'_, Result<(), StreamError>> {
        let reason = if fsync.replicas > 0 {
            Some("an embedded stream has no replicas; take `fsync_replicas` out")
        } else if self.store.is_in_memory() {
            Some("it is in memory; put it in a file, as in `embedded://app-stream.db`")
        } else {
            None
        };
        let answer = reason.map_or(Ok(()), |reason| {
            Err(StreamError::NoFsync {
                pool: self.store.pool().to_owned(),
                reason: reason.to_owned(),
            })
        });
        Box::pin(async { answer })
    }

    fn len(&self) -> BoxFuture<'_, Result<u64, StreamError>> {
        Box::pin(async move { self.rows().await?.count(LAST).await })
    }

    fn prepare(&self) -> BoxFuture<'_, Result<(), StreamError>> {
        // The tables are there since the store was opened.
        Box::pin(async { Ok(()) })
    }

    fn lease(&self) -> BoxFuture<'_, Result<Option<Lease>, StreamError>> {
        Box::pin(async move { Ok(self.store.state().await?.lease(&self.name).cloned()) })
    }

    fn acquire<'s>(
        &'s self,
        seen: Option<&'s Lease>,
        token: Uuid,
    ) -> BoxFuture<'s, Result<bool, StreamError>> {
        Box::pin(async move {
            let now = self.store.now_millis();
            let mut state = self.store.state().await?;
            Ok(state.acquire(&self.name, seen, token, now))
        })
    }

    fn beat(&self, token: Uuid) -> BoxFuture<'_, Result<(), StreamError>> {
        Box::pin(async move {
            let now = self.store.now_millis();
            self.store.state().await?.beat(&self.name, token, now)
        })
    }

    fn release(&self, token: Uuid) -> BoxFuture<'_, Result<(), StreamError>> {
        Box::pin(async move { self.store.state().await?.release(&self.name, token) })
    }

    fn read_pending(
        &self,
        token: Uuid,
        after: EntryId,
        count: usize,
    ) -> BoxFuture<'_, Result<Vec<Entry>, StreamError>> {
        Box::pin(async move {
            self.store.state().await?.check(&self.name, token)?;
            let mut rows = self.rows().await?;
            let delivered = rows.delivered().await?;
            rows.entries(Place::Behind(after), delivered.unwrap_or_default(), count)
                .await
        })
    }

    fn read_new(
        &self,
        token: Uuid,
        count: usize,
    ) -> BoxFuture<'_, Result<Vec<Entry>, StreamError>> {
        Box::pin(async move {
            // Held to the end: another owner must not be delivered the same.
            let state = self.store.state().await?;
            state.check(&self.name, token)?;
            let mut rows = self.rows().await?;
            let delivered = rows.delivered().await?.unwrap_or_default();
            let entries = rows.entries(Place::Behind(delivered), LAST, count).await?;
            if let Some(last) = entries.last() {
                rows.deliver(last.id).await?;
            }
            Ok(entries)
        })
    }

    fn wait(&self, at_most: Duration) -> BoxFuture<'_, Result<(), StreamError>> {
        Box::pin(async move {
            let mut appended = pin!(self.store.appended.notified());
            // From here on no append is missed; one before is seen below.
            appended.as_mut().enable();
            let mut rows = self.rows().await?;
            let delivered = rows.delivered().await?.unwrap_or_default();
            let is_there = !rows
                .entries(Place::Behind(delivered), LAST, 1)
                .await?
                .is_empty();
            drop(rows);
            if !is_there {
                // Whether it was woken or the time is up: there may be something.
                let _ = tokio::time::timeout(at_most, appended).await;
            }
            Ok(())
        })
    }

    fn acknowledge<'s>(
        &'s self,
        token: Uuid,
        entries: &'s [Entry],
    ) -> BoxFuture<'s, Result<(), StreamError>> {
        Box::pin(async move {
            let state = self.store.state().await?;
            state.check(&self.name, token)?;
            let mut rows = self.rows().await?;
            rows.begin().await?;
            for entry in entries {
                rows.delete(entry).await?;
            }
            rows.commit().await
        })
    }

    fn set_aside<'s>(
        &'s self,
        token: Uuid,
        entry: &'s Entry,
        reason: &'s str,
    ) -> BoxFuture<'s, Result<bool, StreamError>> {
        Box::pin(async move {
            let mut state = self.store.state().await?;
            state.check(&self.name, token)?;
            let mut rows = self.rows().await?;
            let id = rows.next_id(&mut state, self.store.now_millis()).await?;
            rows.begin().await?;
            let is_there = rows.delete(entry).await?;
            if is_there {
                rows.insert_aside(id, entry, reason).await?;
            }
            let is_aside = is_there || rows.is_aside(entry.id).await?;
            rows.commit().await?;
            Ok(is_aside)
        })
    }

    fn read_aside(&self, count: usize) -> BoxFuture<'_, Result<Vec<AsideEntry>, StreamError>> {
        Box::pin(async move { self.rows().await?.asides(count).await })
    }

    fn delete_aside(&self, id: EntryId) -> BoxFuture<'_, Result<bool, StreamError>> {
        Box::pin(async move { self.rows().await?.delete_aside(id).await })
    }

    fn statistics(&self) -> BoxFuture<'_, Result<Figures, StreamError>> {
        Box::pin(async move {
            let owner_beat_millis = self.store.state().await?.beat_millis(&self.name);
            let mut rows = self.rows().await?;
            let last_delivered = rows.delivered().await?;
            let pending = rows.count(last_delivered.unwrap_or_default()).await?;
            let oldest = rows.oldest().await?;
            Ok(Figures {
                len: rows.count(LAST).await?,
                oldest,
                pending,
                oldest_pending: oldest.filter(|_| pending > 0),
                last_delivered,
                consumers: last_delivered
                    .map(|_| (OWNER.to_owned(), pending))
                    .into_iter()
                    .collect(),
                owner_beat_millis,
                now_millis: self.store.now_millis(),
            })
        })
    }

    fn peek(&self, from: EntryId, count: usize) -> BoxFuture<'_, Result<Vec<Entry>, StreamError>> {
        Box::pin(async move {
            self.rows()
                .await?
                .entries(Place::At(from), LAST, count)
                .await
        })
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.store.close())
    }
}
