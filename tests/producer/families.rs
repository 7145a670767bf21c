//! Parents and their children, under a foreign key: the parent comes first and goes last.

use std::{io, sync::Arc};

use beeorm::prelude::*;
use beeorm_tests::{
    Random,
    record::{Effect, Expected, Kind},
};

use crate::{
    entities::{Child, Parent},
    producer::{Producer, effect},
};

pub(crate) async fn run(producer: Arc<Producer>, mut random: Random) -> io::Result<()> {
    while producer.goes_on(&mut random).await {
        family(&producer, &mut random).await?;
    }
    Ok(())
}

async fn family(producer: &Producer, random: &mut Random) -> io::Result<()> {
    let engine = &producer.engine;
    let parent = Parent {
        mark: producer.number(),
        ..Parent::default()
    };
    let mut parent = engine.track(parent).map_err(io::Error::other)?;
    let (id, parent_mark) = (parent.id, parent.mark);
    let mut effects = vec![effect::<Parent>(Kind::Insert, id.simple(), parent_mark)];
    let mut children: Vec<(u64, u64)> = Vec::new();
    let new = || -> io::Result<(Tracked<Child>, Effect)> {
        let (key, mark) = (producer.number(), producer.number());
        let child = Child {
            id: key,
            mark,
            parent: Reference::to(id),
        };
        let child = engine.track(child).map_err(io::Error::other)?;
        Ok((child, effect::<Child>(Kind::Insert, key, mark)))
    };
    if random.percent(50) {
        // All of it as one unit.
        let mut born = Vec::new();
        for _ in 0..random.between(1, 4) {
            let (child, effect) = new()?;
            children.push((child.id, child.mark));
            born.push(child);
            effects.push(effect);
        }
        let flush = engine.flush_lazy((&mut parent, &mut born));
        if !producer.call(Expected::Applied, effects, flush).await? {
            return Ok(());
        }
    } else if !producer.call_tracked(None, effects, &mut parent).await? {
        return Ok(());
    }
    for _ in 0..random.between(0, 4) {
        let (mut child, effect) = new()?;
        if producer
            .call_tracked(None, vec![effect], &mut child)
            .await?
        {
            children.push((child.id, child.mark));
        }
    }
    if random.percent(50) {
        return Ok(());
    }
    for (key, mark) in children {
        let effects = vec![effect::<Child>(Kind::Delete, key, mark)];
        let flush = engine.delete_by_id_lazy::<Child>(key);
        if !producer.call(Expected::Applied, effects, flush).await? {
            return Ok(());
        }
    }
    let effects = vec![effect::<Parent>(Kind::Delete, id.simple(), parent_mark)];
    let flush = engine.delete_by_id_lazy::<Parent>(id);
    producer
        .call(Expected::Applied, effects, flush)
        .await
        .map(drop)
}
