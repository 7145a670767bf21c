//! What the simulated program stores. A `mark` is a number that no two flushes write.

use uuid::Uuid;

use crate::{
    entity::{Entity, Reference, TableSchema},
    frame::Tables,
};

/// Counted up, and set to rising numbers.
#[derive(crate::Entity, Debug, Default)]
#[entity(table = "counters")]
pub(super) struct Counter {
    #[entity(uuid)]
    pub(super) id: Uuid,
    pub(super) mark: i64,
    pub(super) sequence: i64,
    pub(super) total: i64,
}

/// Has a name that nobody else has.
#[derive(crate::Entity, Debug, Default)]
#[entity(table = "holders")]
pub(super) struct Holder {
    #[entity(uuid)]
    pub(super) id: Uuid,
    #[entity(unique, length = 60)]
    pub(super) name: String,
    pub(super) mark: i64,
}

#[derive(crate::Entity, Debug, Default)]
#[entity(table = "parents")]
pub(super) struct Parent {
    #[entity(uuid)]
    pub(super) id: Uuid,
    pub(super) mark: i64,
}

#[derive(crate::Entity, Debug)]
#[entity(table = "children")]
pub(super) struct Child {
    #[entity(uuid)]
    pub(super) id: Uuid,
    pub(super) parent: Reference<Parent>,
    pub(super) mark: i64,
}

/// Refers to a parent, which its table knows and it does not.
#[derive(crate::Entity, Debug)]
#[entity(table = "guests")]
pub(super) struct Guest {
    #[entity(uuid)]
    pub(super) id: Uuid,
    pub(super) host: Uuid,
    pub(super) mark: i64,
}

/// Has an id that the database makes.
#[derive(crate::Entity, Debug, Default)]
#[entity(table = "events")]
pub(super) struct Event {
    pub(super) id: u64,
    pub(super) mark: i64,
}

/// Lies in a database of its own.
#[derive(crate::Entity, Debug, Default)]
#[entity(table = "tallies", mysql = "other")]
pub(super) struct Tally {
    #[entity(uuid)]
    pub(super) id: Uuid,
    pub(super) mark: i64,
    pub(super) total: i64,
}

/// Its table is made late, or never; older programs do not know it.
#[derive(crate::Entity, Debug, Default)]
#[entity(table = "novelties")]
pub(super) struct Novelty {
    #[entity(uuid)]
    pub(super) id: Uuid,
    pub(super) mark: i64,
}

/// The pool of what does not lie in the default one.
pub(super) const OTHER_POOL: &str = "other";

/// Those that every program knows.
pub(super) fn schemas() -> [&'static TableSchema; 7] {
    [
        Counter::schema(),
        Holder::schema(),
        Parent::schema(),
        Child::schema(),
        Guest::schema(),
        Event::schema(),
        Tally::schema(),
    ]
}

/// What a program knows, an older one less.
pub(super) fn tables(is_old: bool) -> Tables {
    let novelty = (!is_old).then(Novelty::schema);
    Tables::new(schemas().into_iter().chain(novelty))
}
