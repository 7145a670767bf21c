//! Statements that the database refuses for good, alone and in a unit with good ones; and one that matches no row,
//! which is none of them.

use std::{io, sync::Arc};

use beeorm::prelude::*;
use beeorm_tests::{
    Random,
    record::{Effect, Expected, Kind},
};

use crate::{
    entities::{Child, Odd, Parent, Row, SKIP},
    producer::{Producer, effect},
};

/// Wider than the database's column.
const TOO_LONG: &str = "this note is longer than twenty characters";

struct Mischief {
    producer: Arc<Producer>,
    random: Random,
}

pub(crate) async fn run(producer: Arc<Producer>, random: Random) -> io::Result<()> {
    let mut mischief = Mischief { producer, random };
    let Some((stone, name)) = mischief.stone().await? else {
        return Ok(());
    };
    let new = |mischief: &Mischief| mischief.producer.number();
    while mischief.producer.goes_on(&mut mischief.random).await {
        let (key, own) = (new(&mischief), format!("odd {}", new(&mischief)));
        match mischief.random.between(1, 8) {
            1 => {
                mischief
                    .insert(Expected::Dead, stone, own, "the key is there")
                    .await?
            }
            2 => {
                mischief
                    .insert(Expected::Dead, key, name.clone(), "the name is there")
                    .await?
            }
            3 => mischief.insert(Expected::Dead, key, own, TOO_LONG).await?,
            4..=5 => {
                let note = format!("{SKIP} {TOO_LONG}");
                mischief.insert(Expected::Skipped, key, own, &note).await?;
            }
            6 => mischief.orphan(key).await?,
            7 => mischief.missing(key).await?,
            _ => mischief.nothing_to_delete(key).await?,
        }
    }
    Ok(())
}

impl Mischief {
    /// A row that stays as it is; none when there is to be no mischief any more.
    async fn stone(&mut self) -> io::Result<Option<(u64, String)>> {
        while self.producer.goes_on(&mut self.random).await {
            let (id, mark) = (self.producer.number(), self.producer.number());
            let name = format!("stone {id}");
            let odd = Odd {
                id,
                mark,
                name: name.clone(),
                ..Odd::default()
            };
            let mut odd = self.producer.engine.track(odd).map_err(io::Error::other)?;
            let effects = vec![effect::<Odd>(Kind::Insert, id, mark)];
            if self.producer.call_tracked(None, effects, &mut odd).await? {
                return Ok(Some((id, name)));
            }
        }
        Ok(None)
    }

    async fn insert(
        &mut self,
        expect: Expected,
        id: u64,
        name: String,
        note: &str,
    ) -> io::Result<()> {
        let engine = &self.producer.engine;
        let odd = |id, name, note: &str| {
            let mark = self.producer.number();
            let odd = Odd {
                id,
                mark,
                name,
                note: note.to_owned(),
            };
            let odd = engine.track(odd).map_err(io::Error::other)?;
            io::Result::Ok((odd, effect::<Odd>(Kind::Insert, id, mark)))
        };
        let (mut bad, effect) = odd(id, name, note)?;
        let mut effects = vec![effect];
        // What stands in one unit with it goes its way.
        let mut good = Vec::new();
        if self.random.percent(40) {
            for _ in 0..self.random.between(1, 5) {
                let key = self.producer.number();
                let (odd, effect) = odd(key, format!("good {key}"), "")?;
                good.push(odd);
                effects.push(effect);
            }
        }
        let flush = engine.flush_lazy((&mut good, &mut bad));
        self.producer.call(expect, effects, flush).await.map(drop)
    }

    async fn orphan(&mut self, id: u64) -> io::Result<()> {
        let mark = self.producer.number();
        let stranger = self.producer.engine.track(Parent::default());
        let nobody = stranger.map_err(io::Error::other)?.id;
        let child = Child {
            id,
            mark,
            parent: Reference::to(nobody),
        };
        let mut child = self
            .producer
            .engine
            .track(child)
            .map_err(io::Error::other)?;
        let effects = vec![effect::<Child>(Kind::Insert, id, mark)];
        let flush = self.producer.engine.flush_lazy(&mut child);
        self.producer
            .call(Expected::Dead, effects, flush)
            .await
            .map(drop)
    }

    async fn missing(&mut self, id: u64) -> io::Result<()> {
        let mark = self.producer.number();
        let change = Row::change(id).set(Row::columns().mark, mark);
        let effects = vec![effect::<Row>(Kind::Update, id, mark)];
        let flush = self.producer.engine.flush_lazy(change);
        self.producer
            .call(Expected::Dead, effects, flush)
            .await
            .map(drop)
    }

    async fn nothing_to_delete(&mut self, id: u64) -> io::Result<()> {
        let effects: Vec<Effect> = Vec::new();
        let flush = self.producer.engine.delete_by_id_lazy::<Row>(id);
        self.producer
            .call(Expected::Applied, effects, flush)
            .await
            .map(drop)
    }
}
