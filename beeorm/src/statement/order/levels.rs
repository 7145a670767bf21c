use super::claims::{ByThing, Claim, Mode};

/// The highest level at which a thing is claimed, by mode; 0 for none.
#[derive(Clone, Copy, Default)]
struct Held {
    part: u32,
    shared: u32,
    exclusive: u32,
    /// The shape of those that hold it exclusively at that level.
    by: Option<u32>,
}

/// Gives each statement its level, in the order in which they come.
#[derive(Default)]
pub(super) struct Levels {
    held: ByThing<Held>,
}

impl Levels {
    /// The level of the next statement; `joins` is its shape, where it may be run together with others
    /// of it that claim the same exclusively.
    ///
    /// A statement of several rows inserts them one after the other, and to delete rows in another order
    /// comes to the same.
    pub(super) fn next(&mut self, claims: &[Claim], joins: Option<u32>) -> u32 {
        let mut level = 1;
        for claim in claims {
            let held = self.held.get(&claim.thing).copied().unwrap_or_default();
            let behind = |mode: Mode, level: u32| {
                if claim.mode.conflicts(mode) && level > 0 {
                    level + 1
                } else {
                    0
                }
            };
            let behind_exclusive =
                if claim.mode == Mode::Exclusive && joins.is_some() && held.by == joins {
                    held.exclusive
                } else {
                    behind(Mode::Exclusive, held.exclusive)
                };
            level = level
                .max(behind(Mode::Part, held.part))
                .max(behind(Mode::Shared, held.shared))
                .max(behind_exclusive);
        }
        for claim in claims {
            let held = self.held.entry(claim.thing).or_default();
            match claim.mode {
                Mode::Part => held.part = held.part.max(level),
                Mode::Shared => held.shared = held.shared.max(level),
                Mode::Exclusive => {
                    held.exclusive = level;
                    held.by = joins;
                }
            }
        }
        level
    }
}
