//! A backlog: flushes of one row each, as fast as they go.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use beeorm::prelude::*;
use tokio::task::JoinSet;

use crate::{Fallible, entities::Page};

const CALLERS: usize = 128;

pub(crate) async fn fill(engine: Engine, flushes: u64) -> Fallible<()> {
    let next = Arc::new(AtomicU64::new(0));
    let mut callers = JoinSet::new();
    for _ in 0..CALLERS {
        let (engine, next) = (engine.clone(), Arc::clone(&next));
        callers.spawn(async move {
            loop {
                let mark = next.fetch_add(1, Ordering::Relaxed);
                if mark >= flushes {
                    return Ok::<(), Error>(());
                }
                let mut page = Page {
                    mark,
                    ..Page::default()
                };
                engine.flush_lazy(&mut page).await?;
            }
        });
    }
    while let Some(ended) = callers.join_next().await {
        ended??;
    }
    Ok(())
}
