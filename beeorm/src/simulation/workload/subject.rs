//! What the producers believe of a row, between them.

use uuid::Uuid;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Counter,
    /// A counter that everybody adds to at any time, and nobody does anything else with.
    Shared,
    Holder,
    Parent,
    Child,
    Tally,
}

#[derive(Clone, Debug)]
pub(super) struct Subject {
    pub(super) kind: Kind,
    pub(super) key: Uuid,
    /// Its INSERT was acknowledged, and no DELETE.
    pub(super) live: bool,
    /// A flush of it is under way, or ended in the dark: nobody touches it.
    pub(super) busy: bool,
    pub(super) sequence: i64,
    /// A holder's.
    pub(super) name: String,
    /// A child's.
    pub(super) parent: Option<usize>,
    /// A parent's.
    pub(super) children: usize,
}

/// What is believed once the flush is acknowledged.
#[derive(Clone, Debug)]
pub(super) enum Belief {
    Live(usize),
    Gone(usize),
    Sequence(usize, i64),
    Named(usize, String),
    /// A name of the few that go from hand to hand.
    Free(usize),
    Taken(usize),
    /// A parent lost or got a child.
    Children(usize, isize),
}
