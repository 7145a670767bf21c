use uuid::Uuid;

use crate::stream::EntryId;

/// What a lazy flush left in the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Receipt {
    pub(crate) entry: Option<EntryId>,
    pub(crate) frames: Vec<Uuid>,
    pub(crate) statements: usize,
}

impl Receipt {
    /// The entry's id in the stream; none when there was nothing to write.
    #[must_use]
    pub fn entry_id(&self) -> Option<EntryId> {
        self.entry
    }

    /// The ids of the frames, one a database: what the inbox and the dead letters know the flush by.
    #[must_use]
    pub fn frame_ids(&self) -> &[Uuid] {
        &self.frames
    }

    /// How many statements were appended.
    #[must_use]
    pub fn statements(&self) -> usize {
        self.statements
    }
}
