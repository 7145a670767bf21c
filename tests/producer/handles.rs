//! Names that only one row may have at a time, handed from row to row.

use std::{io, sync::Arc};

use beeorm::{Change, prelude::*};
use beeorm_tests::{
    Random,
    record::{Effect, Expected, Kind},
};

use crate::{
    entities::Handle,
    producer::{Producer, effect},
};

#[derive(Clone)]
struct Holder {
    key: u64,
    mark: u64,
    name: String,
}

struct Handles {
    producer: Arc<Producer>,
    random: Random,
    holders: Vec<Holder>,
}

pub(crate) async fn run(producer: Arc<Producer>, random: Random) -> io::Result<()> {
    let holders = Vec::new();
    let mut handles = Handles {
        producer,
        random,
        holders,
    };
    while handles.producer.goes_on(&mut handles.random).await {
        if handles.holders.len() < 4 {
            let name = handles.new_name();
            handles.insert(name).await?;
            continue;
        }
        match handles.random.between(1, 10) {
            1..=2 => handles.inherit().await?,
            3..=5 => handles.hand_over_as_one().await?,
            _ => handles.hand_over().await?,
        }
    }
    Ok(())
}

impl Handles {
    fn new_name(&self) -> String {
        format!("handle {}", self.producer.number())
    }

    /// The place of any holder, and of another one.
    fn two(&mut self) -> (usize, usize) {
        let count = self.holders.len();
        let first = self.random.between(0, count as u64 - 1) as usize;
        (first, (first + 1) % count)
    }

    async fn insert(&mut self, name: String) -> io::Result<bool> {
        let (key, mark) = (self.producer.number(), self.producer.number());
        let handle = Handle {
            id: key,
            mark,
            name: name.clone(),
        };
        let mut handle = self
            .producer
            .engine
            .track(handle)
            .map_err(io::Error::other)?;
        let effects = vec![named(Kind::Insert, key, mark, [&name])];
        let made = self
            .producer
            .call_tracked(None, effects, &mut handle)
            .await?;
        if made {
            self.holders.push(Holder { key, mark, name });
        }
        Ok(made)
    }

    fn rename(&self, place: usize, name: &str) -> (Holder, Change<Handle>, Effect) {
        let old = &self.holders[place];
        let mark = self.producer.number();
        let columns = Handle::columns();
        let change = Handle::change(old.key)
            .set(columns.mark, mark)
            .set(columns.name, name);
        let effect = named(Kind::Update, old.key, mark, [&old.name, name]);
        let new = Holder {
            key: old.key,
            mark,
            name: name.to_owned(),
        };
        (new, change, effect)
    }

    /// The first one gives its name up, and then the second one takes it.
    async fn hand_over(&mut self) -> io::Result<()> {
        let (first, second) = self.two();
        let name = self.holders[first].name.clone();
        for (place, name) in [(first, self.new_name()), (second, name)] {
            let (new, change, effect) = self.rename(place, &name);
            let flush = self.producer.engine.flush_lazy(change);
            if !self
                .producer
                .call(Expected::Applied, vec![effect], flush)
                .await?
            {
                return Ok(());
            }
            self.holders[place] = new;
        }
        Ok(())
    }

    async fn hand_over_as_one(&mut self) -> io::Result<()> {
        let (first, second) = self.two();
        let name = self.holders[first].name.clone();
        let (one, gives, gave) = self.rename(first, &self.new_name());
        let (two, takes, took) = self.rename(second, &name);
        let flush = self.producer.engine.flush_lazy(vec![gives, takes]);
        if self
            .producer
            .call(Expected::Applied, vec![gave, took], flush)
            .await?
        {
            self.holders[first] = one;
            self.holders[second] = two;
        }
        Ok(())
    }

    /// A row is removed, and a new one takes its name.
    async fn inherit(&mut self) -> io::Result<()> {
        let (first, _) = self.two();
        let Holder { key, mark, name } = self.holders[first].clone();
        let effects = vec![named(Kind::Delete, key, mark, [&name])];
        let flush = self.producer.engine.delete_by_id_lazy::<Handle>(key);
        if self
            .producer
            .call(Expected::Applied, effects, flush)
            .await?
        {
            self.holders.remove(first);
            self.insert(name).await?;
        }
        Ok(())
    }
}

fn named<'n>(
    kind: Kind,
    key: u64,
    mark: u64,
    names: impl IntoIterator<Item = &'n (impl AsRef<str> + ?Sized + 'n)>,
) -> Effect {
    let orders = names
        .into_iter()
        .map(|name| name.as_ref().to_owned())
        .collect();
    Effect {
        orders,
        ..effect::<Handle>(kind, key, mark)
    }
}
