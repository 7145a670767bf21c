//! sea-orm: `insert_many`, on a pool of one connection that is not asked whether it lives.

use sea_orm::{ActiveValue::Set, ConnectOptions, Database, DatabaseConnection, EntityTrait};
use uuid::Uuid;

use crate::{Fallible, entities::Page};

mod page {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "bare_pages")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) path: String,
        pub(crate) referrer: String,
        pub(crate) status: u16,
        pub(crate) millis: u32,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) struct Writer(DatabaseConnection);

impl Writer {
    pub(crate) async fn open(url: &str) -> Fallible<Self> {
        let mut options = ConnectOptions::new(url);
        options
            .max_connections(1)
            .sqlx_logging(false)
            .test_before_acquire(false);
        Ok(Self(Database::connect(options).await?))
    }

    pub(crate) async fn insert(&mut self, pages: Vec<Page>) -> Fallible<()> {
        let models = pages.into_iter().map(|page| page::ActiveModel {
            id: Set(Uuid::now_v7()),
            path: Set(page.path),
            referrer: Set(page.referrer),
            status: Set(page.status),
            millis: Set(page.millis),
        });
        page::Entity::insert_many(models)
            .exec_without_returning(&self.0)
            .await?;
        Ok(())
    }
}
