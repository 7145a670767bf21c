//! A row of a flush, of whatever kind; some are kept for the next flush, as a program keeps what it tracks.

use crate::{
    column::{ColumnError, RowReader},
    entity::{DeliveryState, Place, Tracked},
    error::Error,
    simulation::entities::{Counter, Holder},
    statement::{Conclusion, Encoder, Intent, LazyRow, MadeKeys, Outstanding, Progress, Row, Slot},
};

pub(super) enum Held {
    Counter(Tracked<Counter>),
    Holder(Tracked<Holder>),
    /// Not kept: a change, or something new.
    Other(Box<dyn Row>),
}

impl Held {
    fn row(&mut self) -> &mut dyn Row {
        match self {
            Self::Counter(row) => row,
            Self::Holder(row) => row,
            Self::Other(row) => &mut **row,
        }
    }
}

/// All that is in it does.
impl LazyRow for Held {}

#[allow(private_interfaces, reason = "as the trait")]
impl Row for Held {
    fn encode(
        &mut self,
        slot: &mut Slot,
        intent: Intent,
        encoder: &mut Encoder<'_>,
    ) -> Result<Progress, Error> {
        self.row().encode(slot, intent, encoder)
    }

    fn outstanding(&mut self, slot: &mut Slot, found: &mut Outstanding) {
        self.row().outstanding(slot, found);
    }

    fn assign(&mut self, slot: &mut Slot, made: &MadeKeys) -> Result<(), Error> {
        self.row().assign(slot, made)
    }

    fn reload(&mut self, place: Place, reader: &mut dyn RowReader) -> Result<(), ColumnError> {
        self.row().reload(place, reader)
    }

    fn conclude(&mut self, slot: &mut Slot, conclusion: &Conclusion) {
        self.row().conclude(slot, conclusion);
    }

    fn resolve(&mut self, slot: &mut Slot, state: DeliveryState) {
        self.row().resolve(slot, state);
    }
}
