use std::{fmt::Debug, hash::Hash};

use uuid::Uuid;

use crate::{column::Column, error::Error};

/// A type that can be the key of an entity: `Uuid`, an integer or `String`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the key of an entity",
    label = "no key",
    note = "a key is one column: a `Uuid`, an integer or a `String`"
)]
pub trait Key: Column + Clone + Debug + Default + Eq + Hash + Send + Sync + 'static {
    /// Whether no key was given yet: nil, zero or empty.
    fn is_unset(&self) -> bool;

    /// A new key made on this side, where the type has one: a UUID of version 7, or a short 64-bit id.
    ///
    /// # Errors
    ///
    /// No short id is to be had at the moment.
    fn from_client(ids: &dyn IdSource) -> Option<Result<Self, Error>> {
        let _ = ids;
        None
    }

    /// The key that AUTO_INCREMENT made, where it fits the type.
    fn from_auto_increment(id: u64) -> Option<Self> {
        let _ = id;
        None
    }
}

/// Where keys made on the client come from.
#[doc(hidden)]
pub trait IdSource {
    /// A UUID of version 7: sorted by time.
    fn uuid(&self) -> Uuid;

    /// A short 64-bit id, never given before.
    ///
    /// # Errors
    ///
    /// The ids reserved so far are used up and no more could be reserved.
    fn short_id(&self) -> Result<u64, Error>;
}

/// An entity whose key is made on the client, so that a lazy flush can give it at once.
///
/// Implemented by the derive for a key under `#[entity(uuid)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not make its id on the client, so a bare value of it cannot be flushed lazily: nothing in it could tell a second flush from the first",
    label = "track it first: `let mut value = engine.track(value)?;`",
    note = "or let the client make the id: put `#[entity(uuid)]` on a key of type `Uuid` or `u64`"
)]
pub trait ClientKey {}

impl Key for Uuid {
    fn is_unset(&self) -> bool {
        self.is_nil()
    }

    fn from_client(ids: &dyn IdSource) -> Option<Result<Self, Error>> {
        Some(Ok(ids.uuid()))
    }
}

impl Key for String {
    fn is_unset(&self) -> bool {
        self.is_empty()
    }
}

macro_rules! integer_key {
    ($($type:ty)+) => {$(
        impl Key for $type {
            fn is_unset(&self) -> bool {
                *self == 0
            }

            fn from_auto_increment(id: u64) -> Option<Self> {
                id.try_into().ok()
            }
        }
    )+};
}

integer_key! { i8 i16 i32 i64 u8 u16 u32 }

impl Key for u64 {
    fn is_unset(&self) -> bool {
        *self == 0
    }

    fn from_client(ids: &dyn IdSource) -> Option<Result<Self, Error>> {
        Some(ids.short_id())
    }

    fn from_auto_increment(id: u64) -> Option<Self> {
        Some(id)
    }
}
