//! What every flush and every frame goes through, without the servers: for whoever counts its instructions.

use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::{FutureExt, future::BoxFuture};
use uuid::Uuid;

use crate::{
    column::ValueRef,
    consume,
    database::{
        DatabaseError, DeadInserts, Dialect, Done, EachRow, Keys, Limits, SelectError, Session,
        apply,
    },
    entity::{Entity, IdSource, TableSchema, Tracked},
    error::Error,
    frame::{self, Decoder, Frame, Tables},
    statement::{Encoder, Flush, Intent, Path, Rows, merged},
};

/// The paths, for the tables of some entities.
#[derive(Debug)]
pub struct HotPaths {
    tables: Tables,
    ids: InTurn,
}

/// As the consumer has, unless it is told otherwise.
const WORKERS: usize = 11;

impl HotPaths {
    /// For the tables of these entities.
    pub fn of(schemas: impl IntoIterator<Item = &'static TableSchema>) -> Self {
        Self {
            tables: Tables::new(schemas),
            ids: InTurn::default(),
        }
    }

    /// An entity as it is after a load.
    pub fn stored<E: Entity>(value: E) -> Tracked<E> {
        Tracked::stored(value)
    }

    /// What a lazy flush does before it hands anything over: keys, statements, checks, and the frames' bytes.
    pub fn encode<'a>(&self, values: impl Flush<'a>) -> Vec<Vec<u8>> {
        let mut rows = Rows::of(values, Intent::Save);
        let registered = |schema| self.tables.contains(schema);
        let mut encoder = Encoder::new(Path::Lazy, &self.ids, &registered);
        rows.encode(&mut encoder).expect("values that fit");
        let frames = encoder.batches.iter();
        frames
            .map(|(pool, batch)| frame::encode(self.ids.uuid(), 0, pool, batch))
            .collect()
    }

    /// What the consumer does between reading and the database: frames, lanes, order, statements with their texts and
    /// values. Gives how many statements there were.
    #[must_use]
    pub fn plan(&self, entries: &[Vec<u8>], lane_rows: usize) -> usize {
        let mut decoder = Decoder::new(&self.tables);
        let frames: Vec<Frame> = entries
            .iter()
            .map(|bytes| decoder.decode(bytes).expect("a frame"))
            .collect();
        let mut counter = Counter(0);
        consume::rehearse(frames, &self.tables, (WORKERS, lane_rows), |batches| {
            let runs = merged(batches, self.tables.family());
            let limits = Limits {
                dialect: Dialect::MySql,
                statement_bytes: 16 << 20,
            };
            let applied = apply(
                &mut counter,
                limits,
                batches,
                &runs,
                Keys::Unwanted,
                DeadInserts::Ignored,
            );
            applied
                .now_or_never()
                .expect("nothing to wait for")
                .expect("statements that are executed");
        });
        counter.0
    }
}

/// Ids one after the other, which take no time to make.
#[derive(Debug, Default)]
struct InTurn(AtomicU64);

impl InTurn {
    fn next(&self) -> u64 {
        1 + self.0.fetch_add(1, Ordering::Relaxed)
    }
}

impl IdSource for InTurn {
    /// Of version 7, by the number in the place of the time.
    fn uuid(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.next()) << 80 | 7 << 76 | 2 << 62)
    }

    fn short_id(&self) -> Result<u64, Error> {
        Ok(self.next())
    }
}

/// A session that counts statements and does nothing.
struct Counter(usize);

impl Session for Counter {
    fn execute<'s>(
        &'s mut self,
        _: &'s str,
        _: &'s [ValueRef<'s>],
    ) -> BoxFuture<'s, Result<Done, DatabaseError>> {
        self.0 += 1;
        Box::pin(std::future::ready(Ok(Done {
            rows: u64::MAX,
            last_insert_id: 0,
        })))
    }

    fn select<'s>(
        &'s mut self,
        _: &'s str,
        _: &'s [ValueRef<'s>],
        _: EachRow<'s>,
    ) -> BoxFuture<'s, Result<(), SelectError>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn begin(&mut self) -> BoxFuture<'_, Result<(), DatabaseError>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn commit(&mut self) -> BoxFuture<'_, Result<(), DatabaseError>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn rollback(&mut self) -> BoxFuture<'_, Result<(), DatabaseError>> {
        Box::pin(std::future::ready(Ok(())))
    }
}
