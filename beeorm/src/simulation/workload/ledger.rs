//! The producers' own record: every flush, what it was to do, and what they were told of it. It survives them.

use std::{collections::BTreeSet, sync::Arc};

use uuid::Uuid;

use super::{
    effect::Effect,
    subject::{Belief, Kind, Subject},
};
use crate::simulation::world::World;

/// What the producer was told last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::simulation) enum FlushState {
    UnderWay,
    Acknowledged,
    /// Nothing was appended.
    Refused,
    /// It may have been, and nobody will ask any more.
    Unknown,
}

/// One call.
#[derive(Clone, Debug)]
pub(in crate::simulation) struct Flush {
    pub(in crate::simulation) producer: usize,
    /// Moments of the ledger's own clock, which all producers share.
    pub(in crate::simulation) begun: u64,
    pub(in crate::simulation) acknowledged: Option<u64>,
    pub(in crate::simulation) state: FlushState,
    /// The ids that were made during the call: those of its frames are among them.
    pub(in crate::simulation) ids: BTreeSet<Uuid>,
    /// Those that the receipt named.
    pub(in crate::simulation) receipt: Vec<Uuid>,
    pub(in crate::simulation) effects: Vec<Effect>,
    pub(super) beliefs: Vec<Belief>,
    pub(super) subjects: Vec<usize>,
    pub(super) names: Vec<usize>,
}

/// A name of the few that go from hand to hand.
#[derive(Clone, Debug, Default)]
pub(super) struct Name {
    pub(super) free: bool,
    pub(super) busy: bool,
}

#[derive(Debug)]
pub(in crate::simulation) struct Ledger {
    world: Arc<World>,
    clock: u64,
    pub(in crate::simulation) flushes: Vec<Flush>,
    pub(super) subjects: Vec<Subject>,
    pub(super) names: Vec<Name>,
    marks: i64,
    /// Flushes that each producer still has to make.
    left: Vec<u64>,
    /// Which producers may be about to flush, also where nothing of theirs is under way at the moment.
    at_work: Vec<bool>,
}

/// No other number that is written is as large.
const FIRST_MARK: i64 = 1000;

/// How many names go from hand to hand.
const NAMES: usize = 5;

impl Ledger {
    pub(in crate::simulation) fn new(world: &Arc<World>, flushes: Vec<u64>) -> Self {
        let name = Name {
            free: true,
            busy: false,
        };
        Self {
            world: Arc::clone(world),
            clock: 0,
            flushes: Vec::new(),
            subjects: Vec::new(),
            names: vec![name; NAMES],
            marks: FIRST_MARK,
            at_work: vec![false; flushes.len()],
            left: flushes,
        }
    }

    /// A moment behind all before.
    pub(super) fn tick(&mut self) -> u64 {
        self.clock += 1;
        self.clock
    }

    pub(super) fn mark(&mut self) -> i64 {
        self.marks += 1;
        self.marks
    }

    /// One that one of the next flushes will write, as far as one can tell.
    pub(in crate::simulation) fn mark_to_come(&self) -> i64 {
        self.marks + self.world.draw(|random| random.within(1, 12)).cast_signed()
    }

    /// Whether the producer has another flush to make; counts it. Until it asks again, it is at work.
    pub(super) fn goes_on(&mut self, producer: usize) -> bool {
        let left = &mut self.left[producer];
        let goes_on = *left > 0;
        *left = left.saturating_sub(1);
        self.at_work[producer] = goes_on;
        goes_on
    }

    /// Nobody flushes any more.
    pub(in crate::simulation) fn is_done(&self) -> bool {
        let none_left = self.left.iter().all(|left| *left == 0);
        none_left && !self.at_work.contains(&true)
    }

    pub(super) fn subject(&mut self, kind: Kind, key: Uuid) -> usize {
        self.subjects.push(Subject {
            kind,
            key,
            live: false,
            busy: false,
            sequence: 0,
            name: String::new(),
            parent: None,
            children: 0,
        });
        self.subjects.len() - 1
    }

    /// Those of a kind that can be touched now.
    pub(super) fn idle(&self, kind: Kind) -> Vec<usize> {
        let subjects = self.subjects.iter().enumerate();
        subjects
            .filter(|(_, subject)| subject.kind == kind && subject.live && !subject.busy)
            .map(|(place, _)| place)
            .collect()
    }

    pub(super) fn begin(&mut self, mut flush: Flush) -> usize {
        flush.begun = self.tick();
        self.set_busy(&flush, true);
        self.flushes.push(flush);
        let number = self.flushes.len() - 1;
        self.world.note(|| {
            let effects = self.flushes[number].effects.iter();
            let effects: Vec<String> = effects.map(ToString::to_string).collect();
            format!("flush {number}: {}", effects.join("; "))
        });
        number
    }

    /// The same once more, as a call of its own.
    pub(super) fn begin_again(&mut self, number: usize) -> usize {
        let flush = Flush {
            state: FlushState::UnderWay,
            acknowledged: None,
            ids: BTreeSet::new(),
            receipt: Vec::new(),
            ..self.flushes[number].clone()
        };
        self.begin(flush)
    }

    fn set_busy(&mut self, flush: &Flush, busy: bool) {
        for subject in &flush.subjects {
            let subject = &mut self.subjects[*subject];
            subject.busy = busy && subject.kind != Kind::Shared;
        }
        for name in &flush.names {
            self.names[*name].busy = busy;
        }
    }

    pub(super) fn end(&mut self, number: usize, state: FlushState) {
        let moment = self.tick();
        let flush = &mut self.flushes[number];
        flush.state = state;
        if state == FlushState::Acknowledged {
            flush.acknowledged = Some(moment);
        }
        self.world.note(|| format!("flush {number}: {state:?}"));
        let flush = flush.clone();
        match state {
            FlushState::Acknowledged => {
                self.set_busy(&flush, false);
                flush
                    .beliefs
                    .into_iter()
                    .for_each(|belief| self.believe(belief));
            }
            FlushState::Refused => self.set_busy(&flush, false),
            FlushState::Unknown | FlushState::UnderWay => {}
        }
    }

    fn believe(&mut self, belief: Belief) {
        match belief {
            Belief::Live(subject) => self.subjects[subject].live = true,
            Belief::Gone(subject) => self.subjects[subject].live = false,
            Belief::Sequence(subject, sequence) => self.subjects[subject].sequence = sequence,
            Belief::Named(subject, name) => self.subjects[subject].name = name,
            Belief::Free(name) => self.names[name].free = true,
            Belief::Taken(name) => self.names[name].free = false,
            Belief::Children(parent, more) => {
                let children = &mut self.subjects[parent].children;
                *children = children.saturating_add_signed(more);
            }
        }
    }

    /// The producer was killed: nobody knows what became of what it was at.
    pub(in crate::simulation) fn abandon(&mut self, producer: usize, ids: Vec<Uuid>) {
        self.at_work[producer] = false;
        let flushes = self.flushes.iter().enumerate();
        let open = flushes
            .filter(|(_, flush)| flush.producer == producer && flush.state == FlushState::UnderWay);
        let open: Vec<usize> = open.map(|(number, _)| number).collect();
        for number in open {
            self.flushes[number].ids.extend(&ids);
            self.end(number, FlushState::Unknown);
        }
    }
}
