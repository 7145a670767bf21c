//! diesel-async: `insert_into(…).values(&rows)`, over TCP as everybody.

use diesel::Insertable;
use diesel_async::{AsyncConnection, AsyncMysqlConnection, RunQueryDsl};
use uuid::Uuid;

use crate::{Fallible, entities::Page};

diesel::table! {
    bare_pages (id) {
        id -> Binary,
        path -> Varchar,
        referrer -> Varchar,
        status -> Unsigned<Smallint>,
        millis -> Unsigned<Integer>,
    }
}

#[derive(Insertable)]
#[diesel(table_name = bare_pages)]
struct Row {
    id: Vec<u8>,
    path: String,
    referrer: String,
    status: u16,
    millis: u32,
}

pub(crate) struct Writer(AsyncMysqlConnection);

impl Writer {
    pub(crate) async fn open(url: &str) -> Fallible<Self> {
        let address = url.split('?').next().unwrap_or_default();
        let url = format!("{address}?prefer_socket=false");
        Ok(Self(AsyncMysqlConnection::establish(&url).await?))
    }

    pub(crate) async fn insert(&mut self, pages: Vec<Page>) -> Fallible<()> {
        let rows = pages.into_iter().map(|page| Row {
            id: Uuid::now_v7().as_bytes().to_vec(),
            path: page.path,
            referrer: page.referrer,
            status: page.status,
            millis: page.millis,
        });
        let rows: Vec<Row> = rows.collect();
        diesel::insert_into(bare_pages::table)
            .values(&rows)
            .execute(&mut self.0)
            .await?;
        Ok(())
    }
}
