//! What most programs use: `use beeorm::prelude::*;`.

pub use crate::{
    BACKGROUND_CONSUMER_GROUP, DEFAULT_POOL, Embedded, Engine, Entity, EntityEnum, Error,
    LAZY_CHANNEL, Reference, Registry, Resolution, Set, Tracked, Uuid,
};
