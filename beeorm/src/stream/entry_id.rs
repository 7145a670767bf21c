use std::{fmt, time::Duration};

/// An entry's place in its stream: milliseconds and a number within these, as Redis has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId {
    /// Milliseconds since 1970.
    pub millis: u64,
    /// The place among those of one millisecond.
    pub sequence: u64,
}

impl EntryId {
    /// The smallest id behind this one.
    pub(crate) fn next(self) -> Self {
        match self.sequence.checked_add(1) {
            Some(sequence) => Self { sequence, ..self },
            None => Self {
                millis: self.millis.saturating_add(1),
                sequence: 0,
            },
        }
    }

    /// How long ago it was appended, by the stream's own clock.
    pub(crate) fn age(self, now_millis: u64) -> Duration {
        Duration::from_millis(now_millis.saturating_sub(self.millis))
    }
}

/// As Redis writes it: `1526919030474-55`.
impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.millis, self.sequence)
    }
}
