use bytes::Bytes;

use super::{
    failure::Failures,
    frames::{pack, unpack},
    state::State,
    store::Store,
};
use crate::{
    column::{ColumnError, RowReader, ValueRef},
    database::{DatabaseError, Session},
    stream::{AsideEntry, Entry, EntryId, StreamError},
};

/// No id is behind it.
pub(super) const LAST: EntryId = EntryId {
    millis: i64::MAX as u64,
    sequence: i64::MAX as u64,
};

/// What one read holds in memory: at least one entry, and then no more than this.
const ENOUGH_BYTES: usize = 4 * 1024 * 1024;
const AT_ONCE: usize = 16;

/// Where a range begins.
#[derive(Clone, Copy)]
pub(super) enum Place {
    At(EntryId),
    Behind(EntryId),
}

/// The rows of one stream, over one session.
pub(super) struct Rows<'a> {
    session: Box<dyn Session>,
    stream: &'a str,
    failures: Failures<'a>,
}

type Result<T> = std::result::Result<T, StreamError>;

impl<'a> Rows<'a> {
    pub(super) async fn of(store: &'a Store, stream: &'a str) -> Result<Self> {
        Ok(Self {
            session: store.session().await?,
            stream,
            failures: Failures { pool: store.pool() },
        })
    }

    async fn execute(&mut self, sql: &str, binds: &[ValueRef<'_>]) -> Result<()> {
        self.session
            .execute(sql, binds)
            .await
            .map(drop)
            .map_err(|error| self.failures.failed(&error))
    }

    async fn select<T: Send>(
        &mut self,
        sql: &str,
        binds: &[ValueRef<'_>],
        read: impl Fn(&mut dyn RowReader) -> std::result::Result<T, ColumnError> + Send + Sync,
    ) -> Result<Vec<T>> {
        let mut found = Vec::new();
        let mut each = |row: &mut dyn RowReader| {
            found.push(read(row)?);
            Ok(())
        };
        self.session
            .select(sql, binds, &mut each)
            .await
            .map_err(|error| self.failures.select_failed(error))?;
        Ok(found)
    }

    pub(super) async fn begin(&mut self) -> Result<()> {
        self.session
            .begin()
            .await
            .map_err(|error| self.failures.failed(&error))
    }

    pub(super) async fn commit(&mut self) -> Result<()> {
        self.session
            .commit()
            .await
            .map_err(|error| self.failures.failed(&error))
    }

    pub(super) async fn next_id(&mut self, state: &mut State, now_millis: u64) -> Result<EntryId> {
        let last = match state.last_id(self.stream) {
            Some(last) => last,
            None => self.last_id().await?,
        };
        Ok(state.next_id(self.stream, last, now_millis))
    }

    /// The greatest id that matters: what is deleted was delivered before.
    async fn last_id(&mut self) -> Result<EntryId> {
        let sql = "SELECT `millis`, `sequence` FROM (\
                   SELECT `millis`, `sequence` FROM `_beeorm_stream_entry` WHERE `stream` = ? UNION ALL \
                   SELECT `millis`, `sequence` FROM `_beeorm_stream_group` WHERE `stream` = ? UNION ALL \
                   SELECT `millis`, `sequence` FROM `_beeorm_stream_aside` WHERE `stream` = ?\
                   ) ORDER BY `millis` DESC, `sequence` DESC LIMIT 1";
        let stream = ValueRef::Text(self.stream);
        Ok(self
            .select(sql, &[stream; 3], id)
            .await?
            .pop()
            .unwrap_or_default())
    }

    /// Left to the caller to explain, as an append's failure is another thing than a read's.
    pub(super) async fn insert(
        &mut self,
        id: EntryId,
        frames: &[u8],
    ) -> std::result::Result<(), DatabaseError> {
        let sql = "INSERT INTO `_beeorm_stream_entry` (`stream`, `millis`, `sequence`, `frames`) VALUES (?, ?, ?, ?)";
        let [millis, sequence] = binds(id);
        let binds = [
            ValueRef::Text(self.stream),
            millis,
            sequence,
            ValueRef::Bytes(frames),
        ];
        self.session.execute(sql, &binds).await.map(drop)
    }

    /// Up to where entries were delivered, if any were.
    pub(super) async fn delivered(&mut self) -> Result<Option<EntryId>> {
        let sql = "SELECT `millis`, `sequence` FROM `_beeorm_stream_group` WHERE `stream` = ?";
        Ok(self
            .select(sql, &[ValueRef::Text(self.stream)], id)
            .await?
            .pop())
    }

    pub(super) async fn deliver(&mut self, up_to: EntryId) -> Result<()> {
        let sql = "INSERT INTO `_beeorm_stream_group` (`stream`, `millis`, `sequence`) VALUES (?, ?, ?) \
                   ON CONFLICT (`stream`) DO UPDATE SET `millis` = excluded.`millis`, \
                   `sequence` = excluded.`sequence`";
        let [millis, sequence] = binds(up_to);
        self.execute(sql, &[ValueRef::Text(self.stream), millis, sequence])
            .await
    }

    /// Entries up to an id, and up to the one with which there are as many frames: fewer where they are large, none
    /// only where there are none.
    pub(super) async fn entries(
        &mut self,
        mut from: Place,
        to: EntryId,
        frames: usize,
    ) -> Result<Vec<Entry>> {
        let (mut entries, mut found, mut bytes) = (Vec::<Entry>::new(), 0, 0);
        loop {
            let page = self.page(from, to, AT_ONCE).await?;
            let Some(last) = page.last() else {
                return Ok(entries);
            };
            from = Place::Behind(last.id);
            for entry in page {
                found += entry.weight();
                bytes += entry.frames.iter().map(Bytes::len).sum::<usize>();
                entries.push(entry);
                if found >= frames || bytes >= ENOUGH_BYTES {
                    return Ok(entries);
                }
            }
        }
    }

    async fn page(&mut self, from: Place, to: EntryId, count: usize) -> Result<Vec<Entry>> {
        let (sql, from) = match from {
            Place::At(from) => (
                "SELECT `millis`, `sequence`, `frames` FROM `_beeorm_stream_entry` WHERE `stream` = ? \
                 AND (`millis`, `sequence`) >= (?, ?) AND (`millis`, `sequence`) <= (?, ?) \
                 ORDER BY `millis`, `sequence` LIMIT ?",
                from,
            ),
            Place::Behind(from) => (
                "SELECT `millis`, `sequence`, `frames` FROM `_beeorm_stream_entry` WHERE `stream` = ? \
                 AND (`millis`, `sequence`) > (?, ?) AND (`millis`, `sequence`) <= (?, ?) \
                 ORDER BY `millis`, `sequence` LIMIT ?",
                from,
            ),
        };
        let ([from_millis, from_sequence], [to_millis, to_sequence]) = (binds(from), binds(to));
        let stream = ValueRef::Text(self.stream);
        let limit = ValueRef::Unsigned(count as u64);
        let binds = [
            stream,
            from_millis,
            from_sequence,
            to_millis,
            to_sequence,
            limit,
        ];
        self.select(sql, &binds, |row| {
            Ok(Entry {
                id: id(row)?,
                frames: frames(row)?,
                deleted: false,
                reading: 0,
            })
        })
        .await
    }

    /// How many entries there are up to an id.
    pub(super) async fn count(&mut self, to: EntryId) -> Result<u64> {
        let sql = "SELECT COUNT(*) FROM `_beeorm_stream_entry` WHERE `stream` = ? \
                   AND (`millis`, `sequence`) <= (?, ?)";
        let [millis, sequence] = binds(to);
        let binds = [ValueRef::Text(self.stream), millis, sequence];
        Ok(self
            .select(sql, &binds, |row| row.unsigned())
            .await?
            .pop()
            .unwrap_or_default())
    }

    pub(super) async fn oldest(&mut self) -> Result<Option<EntryId>> {
        let sql = "SELECT `millis`, `sequence` FROM `_beeorm_stream_entry` WHERE `stream` = ? \
                   ORDER BY `millis`, `sequence` LIMIT 1";
        Ok(self
            .select(sql, &[ValueRef::Text(self.stream)], id)
            .await?
            .pop())
    }

    /// Deletes the entry if it holds the frames that were read; whether it did.
    pub(super) async fn delete(&mut self, entry: &Entry) -> Result<bool> {
        let sql = "DELETE FROM `_beeorm_stream_entry` WHERE `stream` = ? AND `millis` = ? \
                   AND `sequence` = ? AND `frames` = ?";
        let ([millis, sequence], frames) = (binds(entry.id), pack(&entry.frames));
        let binds = [
            ValueRef::Text(self.stream),
            millis,
            sequence,
            ValueRef::Bytes(&frames),
        ];
        let done = self.session.execute(sql, &binds).await;
        Ok(done.map_err(|error| self.failures.failed(&error))?.rows > 0)
    }

    pub(super) async fn insert_aside(
        &mut self,
        id: EntryId,
        entry: &Entry,
        reason: &str,
    ) -> Result<()> {
        let sql = "INSERT INTO `_beeorm_stream_aside` (`stream`, `millis`, `sequence`, `original_millis`, \
                   `original_sequence`, `reason`, `frames`) VALUES (?, ?, ?, ?, ?, ?, ?)";
        let ([millis, sequence], [original_millis, original_sequence]) =
            (binds(id), binds(entry.id));
        let frames = pack(&entry.frames);
        let binds = [
            ValueRef::Text(self.stream),
            millis,
            sequence,
            original_millis,
            original_sequence,
            ValueRef::Text(reason),
            ValueRef::Bytes(&frames),
        ];
        self.execute(sql, &binds).await
    }

    /// Whether the entry that had this id was set aside before.
    pub(super) async fn is_aside(&mut self, original: EntryId) -> Result<bool> {
        let sql = "SELECT 1 FROM `_beeorm_stream_aside` WHERE `stream` = ? AND `original_millis` = ? \
                   AND `original_sequence` = ? LIMIT 1";
        let [millis, sequence] = binds(original);
        let binds = [ValueRef::Text(self.stream), millis, sequence];
        let found = self.select(sql, &binds, |row: &mut dyn RowReader| row.signed());
        Ok(!found.await?.is_empty())
    }

    pub(super) async fn asides(&mut self, count: usize) -> Result<Vec<AsideEntry>> {
        let sql = "SELECT `millis`, `sequence`, `original_millis`, `original_sequence`, `reason`, `frames` \
                   FROM `_beeorm_stream_aside` WHERE `stream` = ? ORDER BY `millis`, `sequence` LIMIT ?";
        let binds = [
            ValueRef::Text(self.stream),
            ValueRef::Unsigned(count as u64),
        ];
        let aside = |row: &mut dyn RowReader| {
            Ok(AsideEntry {
                id: id(row)?,
                original: id(row)?,
                reason: row.text()?.to_owned(),
                frames: frames(row)?,
            })
        };
        self.select(sql, &binds, aside).await
    }

    pub(super) async fn delete_aside(&mut self, aside: EntryId) -> Result<bool> {
        let sql = "DELETE FROM `_beeorm_stream_aside` WHERE `stream` = ? AND `millis` = ? AND `sequence` = ?";
        let [millis, sequence] = binds(aside);
        let done = self
            .session
            .execute(sql, &[ValueRef::Text(self.stream), millis, sequence])
            .await;
        done.map(|done| done.rows > 0)
            .map_err(|error| self.failures.failed(&error))
    }
}

/// SQLite's integers are signed; ids that large are none that were made here.
fn binds(id: EntryId) -> [ValueRef<'static>; 2] {
    [id.millis, id.sequence].map(|part| ValueRef::Signed(i64::try_from(part).unwrap_or(i64::MAX)))
}

fn id(row: &mut dyn RowReader) -> std::result::Result<EntryId, ColumnError> {
    Ok(EntryId {
        millis: row.unsigned()?,
        sequence: row.unsigned()?,
    })
}

fn frames(row: &mut dyn RowReader) -> std::result::Result<Vec<Bytes>, ColumnError> {
    unpack(row.bytes()?).map_err(|_| ColumnError::Mismatch {
        found: "bytes that were cut off".to_owned(),
        wanted: "frames",
    })
}
