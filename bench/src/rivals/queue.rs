//! Ways for a row that its caller does not wait for.

use std::time::{Duration, Instant};

use beeorm::prelude::*;

use super::{apalis, channel};
use crate::{
    Fallible,
    entities::{BARE_PAGES, Page},
};

#[derive(Clone, Debug)]
pub(crate) enum Queue {
    Beeorm(Engine),
    Channel(channel::Queue),
    Apalis(Box<apalis::Queue>),
}

impl Queue {
    /// Where its rows come to.
    pub(crate) fn table(&self) -> &'static str {
        match self {
            Self::Beeorm(_) => "pages",
            _ => BARE_PAGES,
        }
    }

    /// Gives the row's id.
    async fn push(&mut self, mut page: Page) -> Fallible<Uuid> {
        match self {
            Self::Beeorm(engine) => {
                engine.flush_lazy(&mut page).await?;
                Ok(page.id)
            }
            Self::Channel(queue) => queue.push(page).await,
            Self::Apalis(queue) => queue.push(page).await,
        }
    }

    /// A caller that pushes one row after the other: how long each call took, and the last one's id.
    pub(crate) async fn push_all(mut self, pages: Vec<Page>) -> Fallible<(Vec<Duration>, Uuid)> {
        let (mut times, mut last) = (Vec::with_capacity(pages.len()), Uuid::nil());
        for page in pages {
            let begun = Instant::now();
            last = self.push(page).await?;
            times.push(begun.elapsed());
        }
        Ok((times, last))
    }
}
