//! Rows that are made, changed many times, removed and made again, each by one task: their order is defined.

use std::{collections::BTreeMap, io, sync::Arc, time::Duration};

use beeorm::prelude::*;
use beeorm_tests::{
    Random,
    record::{Effect, Expected, Kind},
};

use crate::{
    entities::Row,
    producer::{Producer, effect},
};

const ROWS: usize = 6;

struct Rows {
    producer: Arc<Producer>,
    random: Random,
    keys: Vec<u64>,
    /// Those that are there, as they are.
    stored: BTreeMap<u64, Tracked<Row>>,
    step: u32,
}

pub(crate) async fn run(producer: Arc<Producer>, random: Random) -> io::Result<()> {
    let keys = (0..ROWS).map(|_| producer.number()).collect();
    let (stored, step) = (BTreeMap::new(), 0);
    let mut rows = Rows {
        producer,
        random,
        keys,
        stored,
        step,
    };
    while rows.producer.goes_on(&mut rows.random).await {
        rows.step += 1;
        let Some(key) = rows.random.choice(&rows.keys).copied() else {
            return Ok(());
        };
        match rows.stored.remove(&key) {
            None => rows.insert(key).await?,
            Some(row) => match rows.random.between(1, 20) {
                1..=2 => rows.delete(key, row).await?,
                3 => rows.replace(key, row).await?,
                4..=9 => rows.change(key, row).await?,
                10 => rows.change_all(key, row).await?,
                _ => rows.update(key, row).await?,
            },
        }
    }
    Ok(())
}

impl Rows {
    fn make(&self, key: u64) -> io::Result<Tracked<Row>> {
        let row = Row {
            id: key,
            mark: self.producer.number(),
            step: self.step,
            note: String::new(),
        };
        self.producer.engine.track(row).map_err(io::Error::other)
    }

    fn patience(&mut self) -> Option<Duration> {
        let goes_away = self.random.percent(10);
        goes_away.then(|| Duration::from_micros(self.random.between(200, 3_000)))
    }

    async fn insert(&mut self, key: u64) -> io::Result<()> {
        let mut row = self.make(key)?;
        let effects = vec![effect::<Row>(Kind::Insert, key, row.mark)];
        let patience = self.patience();
        if self
            .producer
            .call_tracked(patience, effects, &mut row)
            .await?
        {
            self.stored.insert(key, row);
        }
        Ok(())
    }

    /// By the entity that knows what has changed.
    async fn update(&mut self, key: u64, mut row: Tracked<Row>) -> io::Result<()> {
        let before = row.mark;
        row.mark = self.producer.number();
        row.step = self.step;
        row.note = format!("step {}", self.step % 3);
        let effects = vec![effect::<Row>(Kind::Update, key, row.mark)];
        let patience = self.patience();
        if !self
            .producer
            .call_tracked(patience, effects, &mut row)
            .await?
        {
            row.mark = before;
        }
        self.stored.insert(key, row);
        Ok(())
    }

    /// Without loading.
    async fn change(&mut self, key: u64, row: Tracked<Row>) -> io::Result<()> {
        let mark = self.producer.number();
        let columns = Row::columns();
        let change = Row::change(key)
            .set(columns.mark, mark)
            .set(columns.step, self.step);
        let effects = vec![effect::<Row>(Kind::Update, key, mark)];
        let flush = self.producer.engine.flush_lazy(change);
        let changed = self
            .producer
            .call(Expected::Applied, effects, flush)
            .await?;
        self.keep(key, row, changed.then_some(mark));
        Ok(())
    }

    /// Several rows as one unit.
    async fn change_all(&mut self, key: u64, row: Tracked<Row>) -> io::Result<()> {
        self.stored.insert(key, row);
        let step = Row::columns().step;
        let marks: Vec<(u64, u64)> = self
            .stored
            .keys()
            .map(|key| (*key, self.producer.number()))
            .collect();
        let change = |(key, mark): &(u64, u64)| {
            Row::change(*key)
                .set(Row::columns().mark, *mark)
                .set(step, self.step)
        };
        let changes: Vec<_> = marks.iter().map(change).collect();
        let asked = |(key, mark): &(u64, u64)| effect::<Row>(Kind::Update, key, *mark);
        let effects = marks.iter().map(asked).collect();
        let flush = self.producer.engine.flush_lazy(changes);
        if self
            .producer
            .call(Expected::Applied, effects, flush)
            .await?
        {
            for (key, mark) in marks {
                if let Some(row) = self.stored.remove(&key) {
                    self.keep(key, row, Some(mark));
                }
            }
        }
        Ok(())
    }

    async fn delete(&mut self, key: u64, mut row: Tracked<Row>) -> io::Result<()> {
        let effects = vec![effect::<Row>(Kind::Delete, key, row.mark)];
        let engine = &self.producer.engine;
        let deleted = if self.random.percent(50) {
            let flush = engine.delete_by_id_lazy::<Row>(key);
            self.producer
                .call(Expected::Applied, effects, flush)
                .await?
        } else {
            let flush = engine.delete_lazy(&mut row);
            self.producer
                .call(Expected::Applied, effects, flush)
                .await?
        };
        if !deleted {
            self.stored.insert(key, row);
        }
        Ok(())
    }

    /// Removed and made again with the same key, as one unit.
    async fn replace(&mut self, key: u64, mut row: Tracked<Row>) -> io::Result<()> {
        let mut new = self.make(key)?;
        let effects: Vec<Effect> = vec![
            effect::<Row>(Kind::Delete, key, row.mark),
            effect::<Row>(Kind::Insert, key, new.mark),
        ];
        let mut flusher = self.producer.engine.flusher();
        flusher.delete(&mut row).track(&mut new);
        let flush = flusher.flush_lazy();
        let replaced = self
            .producer
            .call(Expected::Applied, effects, flush)
            .await?;
        drop(flusher);
        self.stored.insert(key, if replaced { new } else { row });
        Ok(())
    }

    /// After a change past the entity, which is told of it.
    fn keep(&mut self, key: u64, row: Tracked<Row>, mark: Option<u64>) {
        let row = match mark {
            None => row,
            Some(mark) => {
                let mut stored = Tracked::into_inner(row);
                (stored.mark, stored.step) = (mark, self.step);
                self.producer.engine.attach(stored)
            }
        };
        self.stored.insert(key, row);
    }
}
