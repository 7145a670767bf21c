//! The entities of the tests that break things, shared with the consumer that is a process of its own.

use beeorm::prelude::*;

/// Nothing in it tells a second INSERT from a first: a row that is inserted twice is there twice.
#[derive(Entity, Debug, Default)]
#[entity(table = "events")]
pub(crate) struct Event {
    pub(crate) id: u64,
    pub(crate) number: u32,
    pub(crate) text: String,
}

/// Counted in the database: what is executed twice shows.
#[derive(Entity, Debug, Default)]
#[entity(table = "counters")]
pub(crate) struct Counter {
    #[entity(primary_key)]
    pub(crate) id: u32,
    pub(crate) visits: u64,
    pub(crate) last: u32,
}

/// Values that only one row may have at a time.
#[derive(Entity, Debug, Default)]
#[entity(table = "keepers")]
pub(crate) struct Keeper {
    #[entity(primary_key)]
    pub(crate) id: u32,
    #[entity(unique, length = 100)]
    pub(crate) email: String,
    pub(crate) age: u32,
}

/// May be flushed bare, as its key is made at once.
#[derive(Entity, Debug, Default)]
#[entity(table = "pages")]
pub(crate) struct Page {
    #[entity(uuid)]
    pub(crate) id: Uuid,
    pub(crate) path: String,
}

/// Fills entries.
#[derive(Entity, Debug, Default)]
#[entity(table = "scans")]
pub(crate) struct Scan {
    #[entity(uuid)]
    pub(crate) id: Uuid,
    #[entity(mediumblob)]
    pub(crate) pixels: Vec<u8>,
}

/// A parent.
#[derive(Entity, Debug, Default)]
#[entity(table = "hives")]
pub(crate) struct Hive {
    #[entity(primary_key)]
    pub(crate) id: u32,
    pub(crate) honey: i64,
}

/// Its child.
#[derive(Entity, Debug)]
#[entity(table = "bees")]
pub(crate) struct Bee {
    #[entity(primary_key)]
    pub(crate) id: u32,
    pub(crate) hive: Reference<Hive>,
}

/// The registry with all of them.
pub(crate) fn registered(registry: Registry) -> Registry {
    registry
        .entity::<Event>()
        .entity::<Counter>()
        .entity::<Keeper>()
        .entity::<Page>()
        .entity::<Scan>()
        .entity::<Hive>()
        .entity::<Bee>()
}
