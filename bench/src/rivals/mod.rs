//! Other ways to write and read the same rows: sqlx by hand, other ORMs and queues, each as its own guide has it.

pub(crate) mod apalis;
pub(crate) mod channel;
mod diesel;
pub(crate) mod queue;
mod sea_orm;
mod toasty;

use beeorm::{Engine, Tracked, Uuid};
use sqlx::{AssertSqlSafe, MySqlConnection, query_as, raw_sql};

use crate::{
    Fallible,
    by_hand::inserts::{Inserts, Values},
    entities::{BARE_PAGES, Page},
    stage::{Network, Stage},
};

/// Who writes.
pub(crate) enum Writer {
    Beeorm(Engine),
    Sqlx(MySqlConnection, Inserts),
    SeaOrm(sea_orm::Writer),
    Diesel(diesel::Writer),
    Toasty(toasty::Writer),
}

/// What they are called, beeorm first and sqlx second.
pub(crate) const WRITERS: [&str; 5] = ["beeorm", "sqlx", "sea-orm", "diesel-async", "toasty"];

impl Writer {
    /// The one of this place.
    pub(crate) async fn open(stage: &Stage, network: Network, place: usize) -> Fallible<Self> {
        let url = stage.mysql_url(network);
        Ok(match place {
            0 => Self::Beeorm(stage.engine(network).await?),
            1 => Self::Sqlx(stage.sql(network).await?, Inserts::default()),
            2 => Self::SeaOrm(sea_orm::Writer::open(url).await?),
            3 => Self::Diesel(diesel::Writer::open(url).await?),
            _ => Self::Toasty(toasty::Writer::open(url).await?),
        })
    }

    /// Where it writes to.
    pub(crate) fn table(&self) -> &'static str {
        match self {
            Self::Beeorm(_) => "pages",
            Self::Toasty(_) => toasty::TABLE,
            _ => BARE_PAGES,
        }
    }

    /// Makes its table anew, where it has one of its own.
    pub(crate) async fn prepare(&self, look: &mut MySqlConnection) -> Fallible<()> {
        if let Self::Toasty(writer) = self {
            let drop = format!("DROP TABLE IF EXISTS `{}`", toasty::TABLE);
            raw_sql(AssertSqlSafe(drop)).execute(look).await?;
            writer.prepare().await?;
        }
        Ok(())
    }

    /// Inserts all of them at a time.
    pub(crate) async fn insert(&mut self, mut pages: Vec<Page>) -> Fallible<()> {
        match self {
            Self::Beeorm(engine) => match pages.as_mut_slice() {
                [page] => Ok(engine.flush(page).await?),
                pages => Ok(engine.flush(pages).await?),
            },
            Self::Sqlx(connection, inserts) => {
                let values: Vec<Values<'_>> = pages.iter().map(values).collect();
                inserts.run(connection, values.into_iter()).await
            }
            Self::SeaOrm(writer) => writer.insert(pages).await,
            Self::Diesel(writer) => writer.insert(pages).await,
            Self::Toasty(writer) => writer.insert(pages).await,
        }
    }
}

fn values(page: &Page) -> Values<'_> {
    (
        Uuid::now_v7(),
        &page.path,
        &page.referrer,
        page.status,
        page.millis,
    )
}

/// Who reads: beeorm, or sqlx by hand.
pub(crate) enum Reader {
    Beeorm(Engine),
    Sqlx(MySqlConnection),
}

type PageRow = (Uuid, String, String, u16, u32);

const SELECT: &str = "SELECT `id`,`path`,`referrer`,`status`,`millis` FROM `pages` WHERE `id`";

impl Reader {
    /// Gives how many of the rows there are.
    pub(crate) async fn load(&mut self, ids: &[Uuid]) -> Fallible<usize> {
        match (self, ids) {
            (Self::Beeorm(engine), [id]) => {
                let found: Option<Tracked<Page>> = engine.load(*id).await?;
                Ok(usize::from(found.is_some()))
            }
            (Self::Beeorm(engine), ids) => {
                let found = engine.load_many::<Page>(ids.iter().copied()).await?;
                Ok(found.iter().flatten().count())
            }
            (Self::Sqlx(connection), [id]) => {
                let sql = AssertSqlSafe(format!("{SELECT} = ?"));
                let found: Option<PageRow> =
                    query_as(sql).bind(*id).fetch_optional(connection).await?;
                Ok(usize::from(found.is_some()))
            }
            (Self::Sqlx(connection), ids) => {
                let places = vec!["?"; ids.len()].join(",");
                let sql = format!("{SELECT} IN ({places})");
                let mut select = query_as(AssertSqlSafe(sql));
                for id in ids {
                    select = select.bind(*id);
                }
                let found: Vec<PageRow> = select.fetch_all(connection).await?;
                Ok(found.len())
            }
        }
    }
}
