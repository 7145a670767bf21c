//! The tables of the audit. Each row holds the number of the change that it had last, by which the auditor knows it.

use beeorm::prelude::*;

/// Its key is the database's to make: inserted twice, it is there twice.
#[derive(Entity, Debug, Default)]
#[entity(table = "audit_event")]
pub(crate) struct Event {
    pub(crate) id: u64,
    pub(crate) mark: u64,
    pub(crate) note: String,
}

/// Its key is the client's to make.
#[derive(Entity, Debug, Default)]
#[entity(table = "audit_page")]
pub(crate) struct Page {
    #[entity(uuid)]
    pub(crate) id: Uuid,
    pub(crate) mark: u64,
    pub(crate) note: String,
}

/// Counted in the database, by everybody: each visit adds its number to the total.
#[derive(Entity, Debug, Default)]
#[entity(table = "audit_counter")]
pub(crate) struct Counter {
    #[entity(primary_key)]
    pub(crate) id: u32,
    pub(crate) visits: u64,
    pub(crate) total: u64,
}

/// Changed, removed and made again, by one task.
#[derive(Entity, Debug, Default)]
#[entity(table = "audit_row")]
pub(crate) struct Row {
    #[entity(primary_key)]
    pub(crate) id: u64,
    pub(crate) mark: u64,
    pub(crate) step: u32,
    pub(crate) note: String,
}

/// Its name goes from row to row.
#[derive(Entity, Debug, Default)]
#[entity(table = "audit_handle")]
pub(crate) struct Handle {
    #[entity(primary_key)]
    pub(crate) id: u64,
    pub(crate) mark: u64,
    #[entity(unique, length = 100)]
    pub(crate) name: String,
}

/// Has children.
#[derive(Entity, Debug, Default)]
#[entity(table = "audit_parent")]
pub(crate) struct Parent {
    #[entity(uuid)]
    pub(crate) id: Uuid,
    pub(crate) mark: u64,
}

/// Has a parent, or there is a foreign key against it.
#[derive(Entity, Debug)]
#[entity(table = "audit_child")]
pub(crate) struct Child {
    #[entity(primary_key)]
    pub(crate) id: u64,
    pub(crate) mark: u64,
    pub(crate) parent: Reference<Parent>,
}

/// For statements that fail: the database's column of the note is narrower than this.
#[derive(Entity, Debug, Default)]
#[entity(table = "audit_odd")]
pub(crate) struct Odd {
    #[entity(primary_key)]
    pub(crate) id: u64,
    pub(crate) mark: u64,
    #[entity(unique, length = 100)]
    pub(crate) name: String,
    #[entity(length = 100)]
    pub(crate) note: String,
}

/// What the note of a flush begins with that the consumer's resolver skips.
pub(crate) const SKIP: &str = "skip";

/// The registry with all of them.
pub(crate) fn registered(registry: Registry) -> Registry {
    registry
        .entity::<Event>()
        .entity::<Page>()
        .entity::<Counter>()
        .entity::<Row>()
        .entity::<Handle>()
        .entity::<Parent>()
        .entity::<Child>()
        .entity::<Odd>()
}
