//! The entity of the examples `signup` and `consumer`: who flushes and who consumes have to agree on it.

use beeorm::prelude::*;
use serde::Serialize;

/// A row of the table `users`.
#[derive(Entity, Debug, Default, Serialize)]
#[entity(table = "users")]
pub(crate) struct User {
    /// Made by the service, so that it can be in the answer before the row is in the table.
    #[entity(uuid)]
    pub(crate) id: Uuid,
    #[entity(length = 100)]
    pub(crate) first_name: String,
    #[entity(length = 100)]
    pub(crate) last_name: String,
    /// That somebody else has it is seen by the database alone: the flush becomes a dead letter.
    #[entity(unique)]
    pub(crate) email: String,
}
