use std::{collections::HashMap, fmt, sync::Arc};

use uuid::Uuid;

use super::{
    encode::Encoder,
    row::{ById, LazyRow, Row},
};
use crate::{
    column::{ColumnError, RowReader},
    entity::{
        Change, Delivery, DeliveryState, Effect, Entity, FrameAt, History, Place, REMEMBERED,
        TableSchema,
    },
    error::Error,
};

/// The rows of one flush, in the order in which they were given.
#[derive(Default)]
pub struct Rows<'a> {
    pub(crate) items: Vec<Item<'a>>,
}

/// One row, and what the flush has to remember of it.
pub(crate) struct Item<'a> {
    row: Held<'a>,
    intent: Intent,
    slot: Slot,
    finished: bool,
}

enum Held<'a> {
    Borrowed(&'a mut dyn Row),
    /// `'static`, so that dropping it is no use of what the others borrow.
    Owned(Box<dyn Row>),
}

/// Lazy flushes of which nobody was told what became of them.
#[derive(Debug, Default)]
pub(crate) struct Outstanding {
    /// They have to be settled before anything new is encoded.
    pub(crate) open: Vec<Arc<Delivery>>,
    /// They have arrived meanwhile; of these it may be asked whether they are on disk.
    pub(crate) landed: Vec<Arc<Delivery>>,
}

fn each_once(found: Vec<Arc<Delivery>>) -> Vec<Arc<Delivery>> {
    let mut deliveries: Vec<Arc<Delivery>> = Vec::new();
    for delivery in found {
        if !deliveries.iter().any(|known| Arc::ptr_eq(known, &delivery)) {
            deliveries.push(delivery);
        }
    }
    deliveries
}

/// What is asked for a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
    /// INSERT or UPDATE.
    Save,
    /// DELETE.
    Delete,
}

/// What a flush remembers of a row that cannot remember by itself.
#[derive(Clone, Debug, Default)]
pub struct Slot {
    pub(super) place: Option<Place>,
    pub(super) made_key: bool,
    /// A lazy flush of a row that cannot remember it by itself, until its outcome is known.
    pub(super) flight: Option<Arc<Delivery>>,
    /// An earlier lazy flush of the row, whose outcome was not known, has arrived: this flush is the caller's
    /// second attempt, and succeeds.
    pub(super) settled: bool,
    /// That flush, where the row cannot remember it.
    landed: Option<Arc<Delivery>>,
    /// What was found out about it, once anybody asked.
    arrived: History,
}

impl Slot {
    /// For another attempt: what is still under way is not forgotten, nor what has arrived.
    fn again(&mut self) -> Self {
        let flight = self.flight.take();
        Self {
            place: None,
            made_key: self.made_key && flight.is_some(),
            flight,
            settled: self.settled,
            landed: self.landed.take(),
            arrived: std::mem::take(&mut self.arrived),
        }
    }

    /// What is known of the flush that has arrived, in the pool of the row's table.
    pub(super) fn history(&mut self, pool: &str) -> &mut History {
        if let Some(landed) = self.landed.take() {
            let ours = landed.ids.iter().filter(|(of, _)| *of == pool);
            self.arrived.push(ours.copied());
        }
        &mut self.arrived
    }

    /// Ends the lazy flush, once it is known what became of it: that is given.
    pub(super) fn land(&mut self) -> Option<DeliveryState> {
        let flight = self.flight.take_if(|flight| {
            matches!(
                flight.state(),
                DeliveryState::Appended | DeliveryState::Refused
            )
        })?;
        let state = flight.state();
        if state == DeliveryState::Appended {
            (self.settled, self.made_key) = (true, false);
            self.landed = Some(flight);
        }
        Some(state)
    }
}

/// How far a row's encoding has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// All its statements are written.
    Done,
    /// Its parents have to be executed first: they get their keys from the database.
    Waiting,
}

/// How a flush ended for its rows.
#[derive(Clone, Debug)]
pub enum Conclusion {
    /// The statements are committed.
    #[doc(hidden)]
    Committed,
    /// Nothing was done.
    #[doc(hidden)]
    Refused,
    /// The answer to a COMMIT was lost, or nobody waited for it: keys that were made stay, so that a
    /// second attempt meets the first one's row instead of making another.
    #[doc(hidden)]
    Unknown,
    /// The statements were handed to the publisher.
    #[doc(hidden)]
    HandedOver(
        #[allow(private_interfaces, reason = "made and read in this crate only")] Arc<Delivery>,
    ),
}

/// The keys that AUTO_INCREMENT made, by pool and statement; 0 for none.
pub(crate) type MadeKeys = Vec<Vec<u64>>;

impl<'a> Rows<'a> {
    pub(crate) fn of(values: impl Flush<'a>, intent: Intent) -> Self {
        let mut rows = Self::default();
        values.rows(&mut rows);
        rows.items.iter_mut().for_each(|item| item.intent = intent);
        rows
    }

    fn push(&mut self, row: Held<'a>) {
        self.items.push(Item {
            row,
            intent: Intent::Save,
            slot: Slot::default(),
            finished: false,
        });
    }

    pub(crate) fn push_borrowed(&mut self, row: &'a mut dyn Row, intent: Intent) {
        self.push(Held::Borrowed(row));
        self.items
            .iter_mut()
            .rev()
            .take(1)
            .for_each(|item| item.intent = intent);
    }

    pub(crate) fn push_owned(&mut self, row: Box<dyn Row>, intent: Intent) {
        self.push(Held::Owned(row));
        self.items
            .iter_mut()
            .rev()
            .take(1)
            .for_each(|item| item.intent = intent);
    }

    /// Forgets how far an earlier attempt came.
    pub(crate) fn restart(&mut self) {
        self.items
            .iter_mut()
            .for_each(|item| (item.finished, item.slot) = (false, item.slot.again()));
    }

    /// The lazy flushes of which nobody was told what became of them, each once.
    pub(crate) fn outstanding(&mut self) -> Outstanding {
        let mut found = Outstanding::default();
        self.each(|row, slot| row.outstanding(slot, &mut found));
        Outstanding {
            open: each_once(found.open),
            landed: each_once(found.landed),
        }
    }

    fn each_history(&mut self, mut look: impl FnMut(&'static str, &mut History, bool)) {
        self.each(|row, slot| row.each_history(slot, &mut look));
    }

    /// The frames that the consumer has to be done with before these rows are written synchronously, each once.
    pub(crate) fn queued_frames(&mut self) -> Vec<FrameAt> {
        self.frames(false)
    }

    /// Those of the rows that cannot be written any more, unless one of these took no effect.
    pub(crate) fn last_frames(&mut self) -> Vec<FrameAt> {
        self.frames(true)
    }

    fn frames(&mut self, of_those_over: bool) -> Vec<FrameAt> {
        let mut found = Vec::new();
        self.each_history(|_, history, is_over| {
            if is_over == of_those_over {
                found.extend(history.frames());
            }
        });
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Tells the rows what became of these.
    pub(crate) fn learn(&mut self, effects: &HashMap<Uuid, Effect>) {
        self.each_history(|_, history, _| history.learn(effects));
    }

    /// An earlier lazy flush of one of the rows that took no effect, where that is known.
    pub(crate) fn failure(&mut self) -> Option<(Uuid, Effect)> {
        let mut found = None;
        self.each_history(|_, history, _| found = found.or_else(|| history.failure()));
        found
    }

    /// Refuses rows of which it is not known any more whether all their lazy flushes took effect.
    pub(crate) fn check_histories(&mut self) -> Result<(), Error> {
        let mut cut = None;
        self.each_history(|entity, history, is_over| {
            cut = cut.or((history.is_cut() && !is_over).then_some(entity));
        });
        cut.map_or(Ok(()), |entity| {
            Err(Error::LazyForgotten {
                entity,
                remembered: REMEMBERED,
            })
        })
    }

    /// Refuses rows that refer to others at too great a depth.
    pub(crate) fn check_depth(&mut self) -> Result<(), Error> {
        let mut items = self.items.iter_mut();
        items.try_for_each(|item| item.row.get().check_depth(0))
    }

    /// The tables of the rows that wait for others, each with those of the others behind it.
    pub(crate) fn waiting_tables(&mut self) -> Vec<&'static TableSchema> {
        let mut found = Vec::new();
        for item in self.items.iter_mut().filter(|item| !item.finished) {
            item.row.get().tables(&mut found);
        }
        found
    }

    /// Whether a row counts in the database and remembers nothing.
    pub(crate) fn counts(&mut self) -> bool {
        let mut counts = false;
        self.each(|row, slot| counts |= row.counts(slot));
        counts
    }

    /// Writes the statements of every row that is ready; tells whether all are done.
    pub(crate) fn encode(&mut self, encoder: &mut Encoder<'_>) -> Result<Progress, Error> {
        let mut progress = Progress::Done;
        for item in self.items.iter_mut().filter(|item| !item.finished) {
            let row = item.row.get();
            match row.encode(&mut item.slot, item.intent, encoder)? {
                Progress::Done => item.finished = true,
                Progress::Waiting => progress = Progress::Waiting,
            }
        }
        Ok(progress)
    }

    /// Gives the rows the keys that the database made for the statements encoded last.
    pub(crate) fn assign(&mut self, made: &MadeKeys) -> Result<(), Error> {
        let mut assigned = Ok(());
        // All of them, whatever becomes of one: what was made is given back where the flush fails.
        self.each(|row, slot| {
            let taken = row.assign(slot, made);
            if assigned.is_ok() {
                assigned = taken;
            }
        });
        assigned
    }

    /// Shows every row the one that an ON DUPLICATE KEY UPDATE found or made.
    pub(crate) fn reload(
        &mut self,
        place: Place,
        reader: &mut dyn RowReader,
    ) -> Result<(), ColumnError> {
        self.items
            .iter_mut()
            .try_for_each(|item| item.row.get().reload(place, &mut *reader))
    }

    pub(crate) fn conclude(&mut self, conclusion: &Conclusion) {
        self.each(|row, slot| row.conclude(slot, conclusion));
    }

    /// After the publisher's answer.
    pub(crate) fn resolve(&mut self, state: DeliveryState) {
        self.each(|row, slot| row.resolve(slot, state));
    }

    fn each(&mut self, mut act: impl FnMut(&mut dyn Row, &mut Slot)) {
        for Item { row, slot, .. } in &mut self.items {
            act(row.get(), slot);
        }
    }
}

impl fmt::Debug for Rows<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows")
            .field("rows", &self.items.len())
            .finish()
    }
}

impl<'a> Held<'a> {
    fn get(&mut self) -> &mut (dyn Row + 'a) {
        match self {
            Self::Borrowed(row) => *row,
            Self::Owned(row) => row.as_mut(),
        }
    }
}

/// What can be flushed: `&mut` of an entity, of a tracked entity, of a `Vec`, slice or array of these;
/// a [`Change`]; and tuples, arrays and `Vec`s of all that.
///
/// A `&mut User` of your own is moved into the call; write `&mut *user` to keep it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be flushed or deleted",
    label = "nothing to flush",
    note = "entities, which have `#[derive(Entity)]`, are given as `&mut value`: the flush gives them their ids. So are `Vec`s and arrays of them, and tuples hold `&mut value`s; a `Change` is given by value"
)]
pub trait Flush<'a> {
    /// Adds the rows, in order.
    fn rows(self, rows: &mut Rows<'a>);
}

/// What can be flushed lazily: all but bare entities whose key is not made by `#[entity(uuid)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be flushed lazily",
    label = "not lazily",
    note = "entities, which have `#[derive(Entity)]`, are given as `&mut value`: the flush gives them their ids. So are `Vec`s and arrays of them, and tuples hold `&mut value`s; a `Change` is given by value",
    note = "a bare entity whose id is not made by `#[entity(uuid)]` has to be tracked first: `let mut value = engine.track(value)?;`",
    note = "or let the client make the id: put `#[entity(uuid)]` on a key of type `Uuid` or `u64`"
)]
pub trait LazyFlush<'a>: Flush<'a> {}

impl<'a, R: Row + 'a> Flush<'a> for &'a mut R {
    fn rows(self, rows: &mut Rows<'a>) {
        rows.push(Held::Borrowed(self));
    }
}

impl<'a, R: LazyRow + 'a> LazyFlush<'a> for &'a mut R {}

impl<'a, R: Row + 'a> Flush<'a> for &'a mut [R] {
    fn rows(self, rows: &mut Rows<'a>) {
        self.iter_mut().for_each(|row| row.rows(rows));
    }
}

impl<'a, R: LazyRow + 'a> LazyFlush<'a> for &'a mut [R] {}

impl<'a, R: Row + 'a, const N: usize> Flush<'a> for &'a mut [R; N] {
    fn rows(self, rows: &mut Rows<'a>) {
        self.as_mut_slice().rows(rows);
    }
}

impl<'a, R: LazyRow + 'a, const N: usize> LazyFlush<'a> for &'a mut [R; N] {}

impl<'a, R: Row + 'a> Flush<'a> for &'a mut Vec<R> {
    fn rows(self, rows: &mut Rows<'a>) {
        self.as_mut_slice().rows(rows);
    }
}

impl<'a, R: LazyRow + 'a> LazyFlush<'a> for &'a mut Vec<R> {}

impl<'a, F: Flush<'a>, const N: usize> Flush<'a> for [F; N] {
    fn rows(self, rows: &mut Rows<'a>) {
        self.into_iter().for_each(|values| values.rows(rows));
    }
}

impl<'a, F: LazyFlush<'a>, const N: usize> LazyFlush<'a> for [F; N] {}

impl<'a, F: Flush<'a>> Flush<'a> for Vec<F> {
    fn rows(self, rows: &mut Rows<'a>) {
        self.into_iter().for_each(|values| values.rows(rows));
    }
}

impl<'a, F: LazyFlush<'a>> LazyFlush<'a> for Vec<F> {}

impl<'a, E: Entity> Flush<'a> for Change<E> {
    fn rows(self, rows: &mut Rows<'a>) {
        rows.push(Held::Owned(Box::new(self)));
    }
}

impl<E: Entity> LazyFlush<'_> for Change<E> {}

impl<'a, E: Entity> Flush<'a> for ById<E> {
    fn rows(self, rows: &mut Rows<'a>) {
        rows.push(Held::Owned(Box::new(self)));
    }
}

macro_rules! tuples {
    ($($($name:ident)+;)+) => {$(
        impl<'a, $($name: Flush<'a>),+> Flush<'a> for ($($name,)+) {
            #[allow(non_snake_case, reason = "the names of the types serve as those of the values")]
            fn rows(self, rows: &mut Rows<'a>) {
                let ($($name,)+) = self;
                $($name.rows(rows);)+
            }
        }

        impl<'a, $($name: LazyFlush<'a>),+> LazyFlush<'a> for ($($name,)+) {}
    )+};
}

tuples! {
    A;
    A B;
    A B C;
    A B C D;
    A B C D E;
    A B C D E F;
    A B C D E F G;
    A B C D E F G H;
}
