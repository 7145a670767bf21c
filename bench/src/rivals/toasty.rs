//! toasty: `create_many`, in a table of its own, as it stores UUIDs as texts.

use toasty::Db;
use uuid::Uuid;

use crate::{Fallible, entities::Page};

pub(crate) const TABLE: &str = "toasty_pages";

#[derive(Debug, toasty::Model)]
#[table = "toasty_pages"]
struct Row {
    #[key]
    id: Uuid,
    path: String,
    referrer: String,
    status: u16,
    millis: u32,
}

pub(crate) struct Writer(Db);

impl Writer {
    pub(crate) async fn open(url: &str) -> Fallible<Self> {
        let mut builder = Db::builder();
        builder.models(toasty::models!(Row)).max_pool_size(1);
        Ok(Self(builder.connect(url).await?))
    }

    /// Makes its table.
    pub(crate) async fn prepare(&self) -> Fallible<()> {
        Ok(self.0.push_schema().await?)
    }

    pub(crate) async fn insert(&mut self, pages: Vec<Page>) -> Fallible<()> {
        let mut rows = Row::create_many();
        for page in pages {
            rows = rows.with_item(|row| {
                row.id(Uuid::now_v7())
                    .path(page.path)
                    .referrer(page.referrer)
                    .status(page.status)
                    .millis(page.millis)
            });
        }
        rows.exec(&mut self.0).await?;
        Ok(())
    }
}
