//! The entities that one holds in its references: whatever is done to a row is done to them first.

use super::{
    encode::{Encoder, Path},
    row::Row,
    rows::{Intent, MadeKeys, Progress, Slot},
};
use crate::{
    entity::{Entity, Key, Origin, ReferenceVisitor, Tracked, encode_row},
    error::Error,
};

/// Writes the statements of those that are new, before that of the entity itself.
pub(super) fn encode<T: Entity>(
    value: &mut T,
    encoder: &mut Encoder<'_>,
) -> Result<Progress, Error> {
    struct Parents<'p, 'e> {
        encoder: &'p mut Encoder<'e>,
        progress: Progress,
    }

    impl ReferenceVisitor for Parents<'_, '_> {
        type Error = Error;

        fn visit<P: Entity>(&mut self, parent: &mut Tracked<P>) -> Result<(), Error> {
            if parent.origin() == Origin::New {
                let progress = parent.encode(&mut Slot::default(), Intent::Save, self.encoder)?;
                if progress == Progress::Waiting || parent.key().is_unset() {
                    // Executed, and without a key: there is nothing to wait for.
                    if parent.prepared().is_some_and(|done| done.place.is_none()) {
                        let entity = P::schema().entity;
                        return Err(Error::KeyNotMade { entity });
                    }
                    self.progress = Progress::Waiting;
                }
            }
            Ok(())
        }
    }

    let mut parents = Parents {
        encoder,
        progress: Progress::Done,
    };
    value.visit_references(&mut parents)?;
    let progress = parents.progress;
    if progress == Progress::Waiting && encoder.path == Path::Lazy {
        // Nobody makes the parent's key within this flush: the row itself tells which of its columns is in want of one.
        encode_row(value, &mut Vec::new())?;
        return Ok(Progress::Done);
    }
    Ok(progress)
}

/// Shows each of them, and what the database has of it, until one is refused.
fn try_each<T: Entity>(
    value: &mut T,
    act: &mut dyn FnMut(&mut dyn Row, Origin) -> Result<(), Error>,
) -> Result<(), Error> {
    struct Parents<'p>(&'p mut dyn FnMut(&mut dyn Row, Origin) -> Result<(), Error>);

    impl ReferenceVisitor for Parents<'_> {
        type Error = Error;

        fn visit<P: Entity>(&mut self, parent: &mut Tracked<P>) -> Result<(), Error> {
            let origin = parent.origin();
            (self.0)(parent, origin)
        }
    }

    value.visit_references(&mut Parents(act))
}

pub(super) fn each<T: Entity>(value: &mut T, act: &mut dyn FnMut(&mut dyn Row)) {
    // None is refused.
    let _ = try_each(value, &mut |parent, _| {
        act(parent);
        Ok(())
    });
}

pub(super) fn each_new<T: Entity>(value: &mut T, act: &mut dyn FnMut(&mut dyn Row)) {
    // None is refused.
    let _ = try_each(value, &mut |parent, origin| {
        if origin == Origin::New {
            act(parent);
        }
        Ok(())
    });
}

/// Gives them the keys that the database made.
pub(super) fn assign<T: Entity>(value: &mut T, made: &MadeKeys) -> Result<(), Error> {
    try_each(value, &mut |parent, _| {
        parent.assign(&mut Slot::default(), made)
    })
}

/// So many entities may hold each other: on a thread's 2 MiB of stack there is room for three times as many, without the
/// compiler's optimizations.
const DEEPEST: usize = 64;

pub(super) fn check_depth<T: Entity>(value: &mut T, depth: usize) -> Result<(), Error> {
    if depth > DEEPEST {
        return Err(Error::ReferencesTooDeep {
            entity: T::schema().entity,
            limit: DEEPEST,
        });
    }
    try_each(value, &mut |parent, _| parent.check_depth(depth + 1))
}
