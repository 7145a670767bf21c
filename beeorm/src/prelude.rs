//! What most programs use: `use beeorm::prelude::*;`.

pub use crate::{
    BACKGROUND_CONSUMER_GROUP, Change, DEFAULT_POOL, Durability, Embedded, Engine, Entity,
    EntityEnum, Error, Failure, Flusher, LAZY_CHANNEL, OnFull, Outcome, PoolOptions, Receipt,
    Reference, Registry, Replay, Report, Resolution, Set, Tracked, Uuid,
};
