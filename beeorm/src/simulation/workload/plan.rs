//! What a producer flushes next: one unit of one or many rows, drawn from what is believed to be there.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::{
    effect::{Action, Assign, Claim, Effect},
    held::Held,
    ledger::{Flush, FlushState, Ledger},
    subject::{Belief, Kind},
};
use crate::{
    entity::{Change, DEFAULT_POOL, Entity, Reference, Tracked},
    simulation::{
        database::Datum,
        entities::{Child, Counter, Event, Guest, Holder, Novelty, OTHER_POOL, Parent, Tally},
        process::Process,
        random::Random,
    },
    statement::Intent,
};

/// A row of the unit.
pub(super) struct Item {
    pub(super) held: Held,
    pub(super) intent: Intent,
    pub(super) subject: Option<usize>,
}

/// Everything of one flush.
pub(super) struct Unit {
    pub(super) items: Vec<Item>,
    pub(super) flush: Flush,
    /// It will not take effect, as far as one can tell.
    pub(super) bad: bool,
    /// Changes and deletes by key are in it, which do not remember that they were flushed before: only
    /// `resend()` settles them.
    pub(super) forgets: bool,
    /// Nothing else goes into it.
    full: bool,
}

/// A family that is flushed row by row. It comes within one batch, where the consumer lags behind, and often goes within it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Family {
    ToCome,
    /// It stays, and has one child after the other.
    Grows(usize),
    Parent(usize),
    Child(usize, usize),
    ParentAgain(usize),
    Gone,
}

/// Makes one unit.
pub(super) struct Planner<'p> {
    pub(super) ledger: &'p mut Ledger,
    pub(super) process: &'p Process,
    /// What this process has tracked, by subject.
    pub(super) kept: &'p mut BTreeMap<usize, Held>,
    pub(super) unit: Unit,
}

fn integer(number: i64) -> Datum {
    Datum::Integer(i128::from(number))
}

impl<'p> Planner<'p> {
    pub(super) fn new(
        producer: usize,
        ledger: &'p mut Ledger,
        process: &'p Process,
        kept: &'p mut BTreeMap<usize, Held>,
    ) -> Self {
        let flush = Flush {
            producer,
            begun: 0,
            acknowledged: None,
            state: FlushState::UnderWay,
            ids: BTreeSet::new(),
            receipt: Vec::new(),
            effects: Vec::new(),
            beliefs: Vec::new(),
            subjects: Vec::new(),
            names: Vec::new(),
        };
        let unit = Unit {
            items: Vec::new(),
            flush,
            bad: false,
            forgets: false,
            full: false,
        };
        Self {
            ledger,
            process,
            kept,
            unit,
        }
    }

    fn draw<T>(&self, draw: impl FnOnce(&mut Random) -> T) -> T {
        self.process.world.draw(draw)
    }

    fn chance(&self, per_mille: u64) -> bool {
        self.draw(|random| random.chance(per_mille))
    }

    fn id(&self) -> Uuid {
        let millis = self.process.now_millis();
        self.draw(|random| random.uuid(millis))
    }

    /// Some of those of a kind that are idle and not in the unit yet.
    fn some(&self, kind: Kind, most: u64) -> Vec<usize> {
        let mut idle = self.ledger.idle(kind);
        idle.retain(|subject| !self.unit.flush.subjects.contains(subject));
        let count = self.draw(|random| random.within(1, most));
        let mut some = Vec::new();
        while !idle.is_empty() && (some.len() as u64) < count {
            some.push(idle.swap_remove(self.draw(|random| random.place(idle.len()))));
        }
        some
    }

    fn one(&self, kind: Kind) -> Option<usize> {
        self.some(kind, 1).pop()
    }

    /// Fills the unit, with one thing or several.
    pub(super) fn fill(mut self) -> Unit {
        while self.unit.items.is_empty()
            || (!self.unit.full && self.unit.items.len() < 40 && self.chance(250))
        {
            let what = self.draw(|random| random.below(100));
            match what {
                0..=17 => self.new_counters(),
                18..=34 => self.change_counters(),
                35..=40 => self.add_to_shared(),
                41..=45 => self.delete_counters(),
                46..=55 => self.new_holder(),
                56..=66 => self.rename_holder(),
                67..=69 => self.delete_holder(),
                70..=75 => self.new_family(),
                76..=80 => self.new_child(),
                81..=83 => self.delete_child(),
                84..=86 => self.delete_parent(),
                87..=91 => self.new_events(),
                92..=93 => self.new_tally(),
                94..=95 => self.new_guest(),
                96 => self.novelty(),
                _ => self.something_bad(),
            }
        }
        self.unit
    }

    fn effect(
        &mut self,
        pool: &'static str,
        table: &'static str,
        key: Option<Uuid>,
        action: Action,
        mut claims: Vec<Claim>,
    ) {
        claims.extend(key.map(|key| Claim::row(table, key)));
        self.unit.flush.effects.push(Effect {
            pool,
            table,
            key,
            action,
            claims,
        });
    }

    fn item(&mut self, held: Held, intent: Intent, subject: Option<usize>) {
        self.unit.items.push(Item {
            held,
            intent,
            subject,
        });
        self.unit.flush.subjects.extend(subject);
    }

    fn change<E: Entity>(&mut self, change: Change<E>) -> Held {
        self.unit.forgets = true;
        Held::Other(Box::new(change))
    }

    fn believe(&mut self, belief: Belief) {
        self.unit.flush.beliefs.push(belief);
    }

    /// Something new of an entity whose key is made here.
    fn insert<T: Entity>(
        &mut self,
        pool: &'static str,
        id: Uuid,
        values: Vec<(&'static str, Datum)>,
        claims: Vec<Claim>,
        subject: Option<usize>,
        held: Held,
    ) {
        let mut all = vec![("id", Datum::from(id))];
        all.extend(values);
        let table = T::schema().table;
        self.effect(pool, table, Some(id), Action::Insert(all), claims);
        self.item(held, Intent::Save, subject);
        if let Some(subject) = subject {
            self.believe(Belief::Live(subject));
        }
    }

    fn delete<T: Entity<Key = Uuid>>(&mut self, subject: usize, claims: Vec<Claim>) {
        let key = self.ledger.subjects[subject].key;
        self.effect(
            DEFAULT_POOL,
            T::schema().table,
            Some(key),
            Action::Delete,
            claims,
        );
        self.kept.remove(&subject);
        let held = self.change(T::change(key));
        self.item(held, Intent::Delete, Some(subject));
        self.believe(Belief::Gone(subject));
    }

    fn new_counters(&mut self) {
        let many = self.chance(150);
        let count = self.draw(|random| random.within(1, if many { 40 } else { 5 }));
        for _ in 0..count {
            let (id, mark) = (self.id(), self.ledger.mark());
            let shared = self.chance(100);
            let kind = if shared { Kind::Shared } else { Kind::Counter };
            let subject = self.ledger.subject(kind, id);
            let counter = Counter {
                id,
                mark,
                ..Counter::default()
            };
            let values = vec![
                ("mark", integer(mark)),
                ("sequence", integer(0)),
                ("total", integer(0)),
            ];
            let held = Held::Counter(Tracked::created(counter));
            self.insert::<Counter>(DEFAULT_POOL, id, values, Vec::new(), Some(subject), held);
        }
    }

    fn change_counters(&mut self) {
        for subject in self.some(Kind::Counter, 8) {
            let (key, sequence) = {
                let subject = &self.ledger.subjects[subject];
                (subject.key, subject.sequence + 1)
            };
            let mark = self.ledger.mark();
            let mut values = vec![
                ("mark", Assign::Set(integer(mark))),
                ("sequence", Assign::Set(integer(sequence))),
            ];
            let held = match self.kept.remove(&subject) {
                Some(Held::Counter(mut counter)) if self.chance(700) => {
                    (counter.mark, counter.sequence) = (mark, sequence);
                    Held::Counter(counter)
                }
                _ => {
                    let more = self.draw(|random| random.within(1, 9)).cast_signed();
                    values.push(("total", Assign::Add(i128::from(more))));
                    let columns = Counter::columns();
                    let change = Counter::change(key)
                        .set(columns.mark, mark)
                        .set(columns.sequence, sequence)
                        .add(columns.total, more);
                    self.change(change)
                }
            };
            let action = Action::Update(values);
            self.effect(DEFAULT_POOL, "counters", Some(key), action, Vec::new());
            self.item(held, Intent::Save, Some(subject));
            self.believe(Belief::Sequence(subject, sequence));
        }
    }

    fn add_to_shared(&mut self) {
        for subject in self.some(Kind::Shared, 3) {
            let key = self.ledger.subjects[subject].key;
            let more = self.draw(|random| random.within(1, 9)).cast_signed();
            let action = Action::Update(vec![("total", Assign::Add(i128::from(more)))]);
            self.effect(DEFAULT_POOL, "counters", Some(key), action, Vec::new());
            let change = Counter::change(key).add(Counter::columns().total, more);
            let held = self.change(change);
            self.item(held, Intent::Save, Some(subject));
        }
    }

    fn delete_counters(&mut self) {
        for subject in self.some(Kind::Counter, 3) {
            self.delete::<Counter>(subject, Vec::new());
        }
    }

    /// One of the names that go from hand to hand, where one is free, or one that was never there before.
    fn name(&mut self) -> String {
        let free = self.ledger.names.iter().enumerate();
        let free = free.filter(|(_, name)| name.free && !name.busy);
        let free: Vec<usize> = free
            .map(|(place, _)| place)
            .filter(|place| !self.unit.flush.names.contains(place))
            .collect();
        if free.is_empty() || self.chance(300) {
            return format!("once {}", self.ledger.mark());
        }
        let name = free[self.draw(|random| random.place(free.len()))];
        self.unit.flush.names.push(name);
        self.believe(Belief::Taken(name));
        format!("name {name}")
    }

    /// The holder gives its name up.
    fn released(&mut self, subject: usize) -> Claim {
        let name = self.ledger.subjects[subject].name.clone();
        let handed = name
            .strip_prefix("name ")
            .and_then(|name| name.parse().ok());
        if let Some(name) = handed {
            self.unit.flush.names.push(name);
            self.believe(Belief::Free(name));
        }
        Claim::name(&name)
    }

    fn new_holder(&mut self) {
        let name = self.name();
        self.new_holder_named(name);
    }

    fn new_holder_named(&mut self, name: String) {
        let (id, mark) = (self.id(), self.ledger.mark());
        let subject = self.ledger.subject(Kind::Holder, id);
        let values = vec![("name", Datum::Text(name.clone())), ("mark", integer(mark))];
        let claims = vec![Claim::name(&name)];
        let holder = Holder {
            id,
            name: name.clone(),
            mark,
        };
        let held = Held::Holder(Tracked::created(holder));
        self.insert::<Holder>(DEFAULT_POOL, id, values, claims, Some(subject), held);
        self.believe(Belief::Named(subject, name));
    }

    /// To another name; often the old one is handed on, within the unit.
    fn rename_holder(&mut self) {
        let Some(subject) = self.one(Kind::Holder) else {
            return;
        };
        let old = self.ledger.subjects[subject].name.clone();
        let released = self.released(subject);
        let name = if self.chance(600) {
            format!("once {}", self.ledger.mark())
        } else {
            self.name()
        };
        let (key, mark) = (self.ledger.subjects[subject].key, self.ledger.mark());
        let values = vec![
            ("name", Assign::Set(Datum::Text(name.clone()))),
            ("mark", Assign::Set(integer(mark))),
        ];
        let claims = vec![released, Claim::name(&name)];
        let action = Action::Update(values);
        self.effect(DEFAULT_POOL, "holders", Some(key), action, claims);
        let held = match self.kept.remove(&subject) {
            // One that another process renamed meanwhile does not see its own change.
            Some(Held::Holder(mut holder)) if holder.name == old => {
                holder.mark = mark;
                holder.name.clone_from(&name);
                Held::Holder(holder)
            }
            _ => {
                let columns = Holder::columns();
                let change = Holder::change(key)
                    .set(columns.name, name.clone())
                    .set(columns.mark, mark);
                self.change(change)
            }
        };
        self.item(held, Intent::Save, Some(subject));
        self.believe(Belief::Named(subject, name));
        if self.chance(500) {
            if let Some(handed) = old.strip_prefix("name ").and_then(|name| name.parse().ok()) {
                self.believe(Belief::Taken(handed));
            }
            self.new_holder_named(old);
        }
    }

    fn delete_holder(&mut self) {
        if let Some(subject) = self.one(Kind::Holder) {
            let released = self.released(subject);
            self.delete::<Holder>(subject, vec![released]);
        }
    }

    fn new_parent(&mut self) -> usize {
        let (id, mark) = (self.id(), self.ledger.mark());
        let subject = self.ledger.subject(Kind::Parent, id);
        let held = Held::Other(Box::new(Tracked::created(Parent { id, mark })));
        let values = vec![("mark", integer(mark))];
        self.insert::<Parent>(DEFAULT_POOL, id, values, Vec::new(), Some(subject), held);
        subject
    }

    fn child_of(&mut self, parent: usize) -> usize {
        let (id, mark) = (self.id(), self.ledger.mark());
        let parent_key = self.ledger.subjects[parent].key;
        let subject = self.ledger.subject(Kind::Child, id);
        self.ledger.subjects[subject].parent = Some(parent);
        let child = Child {
            id,
            parent: Reference::to(parent_key),
            mark,
        };
        let values = vec![("parent", Datum::from(parent_key)), ("mark", integer(mark))];
        let claims = vec![Claim::reference("parents", parent_key)];
        let held = Held::Other(Box::new(Tracked::created(child)));
        self.insert::<Child>(DEFAULT_POOL, id, values, claims, Some(subject), held);
        self.unit.flush.subjects.push(parent);
        self.believe(Belief::Children(parent, 1));
        subject
    }

    fn new_family(&mut self) {
        let parent = self.new_parent();
        for _ in 0..self.draw(|random| random.below(3)) {
            self.child_of(parent);
        }
    }

    fn new_child(&mut self) {
        // Often of the one that came last, whoever flushed it.
        let newest = self.ledger.idle(Kind::Parent).pop();
        let newest = newest.filter(|newest| !self.unit.flush.subjects.contains(newest));
        let parent = if self.chance(500) {
            newest
        } else {
            self.one(Kind::Parent)
        };
        if let Some(parent) = parent {
            self.child_of(parent);
        }
    }

    /// By itself, of a parent that stays: nothing but the database tells that it comes behind it, which orders nothing
    /// but the one frame.
    fn new_guest(&mut self) {
        if !self.unit.items.is_empty() {
            return;
        }
        let Some(parent) = self.one(Kind::Parent) else {
            return;
        };
        let (id, mark) = (self.id(), self.ledger.mark());
        let host = self.ledger.subjects[parent].key;
        let values = vec![("host", Datum::from(host)), ("mark", integer(mark))];
        let claims = vec![Claim::reference("parents", host)];
        let held = Held::Other(Box::new(Tracked::created(Guest { id, host, mark })));
        self.insert::<Guest>(DEFAULT_POOL, id, values, claims, None, held);
        self.unit.flush.subjects.push(parent);
        self.believe(Belief::Children(parent, 1));
        self.unit.full = true;
    }

    fn delete_child(&mut self) {
        if let Some(subject) = self.one(Kind::Child) {
            self.delete_this_child(subject);
        }
    }

    fn delete_this_child(&mut self, subject: usize) {
        let Some(parent) = self.ledger.subjects[subject].parent else {
            return;
        };
        if self.ledger.subjects[parent].busy {
            return;
        }
        let claim = Claim::children(self.ledger.subjects[parent].key, true);
        self.delete::<Child>(subject, vec![claim]);
        self.unit.flush.subjects.push(parent);
        self.believe(Belief::Children(parent, -1));
    }

    fn delete_parent(&mut self) {
        let mut idle = self.ledger.idle(Kind::Parent);
        idle.retain(|parent| {
            self.ledger.subjects[*parent].children == 0
                && !self.unit.flush.subjects.contains(parent)
        });
        if let Some(subject) = idle.first() {
            self.delete_this_parent(*subject);
        }
    }

    fn delete_this_parent(&mut self, subject: usize) {
        let claim = Claim::children(self.ledger.subjects[subject].key, false);
        self.delete::<Parent>(subject, vec![claim]);
    }

    /// What is done next to a family that comes, each by itself; none when it has come to its end, or somebody
    /// else has to do with it.
    pub(super) fn step(mut self, family: &mut Family) -> Option<Unit> {
        let idle = |subject: usize| {
            let subject = &self.ledger.subjects[subject];
            subject.live && !subject.busy
        };
        match *family {
            Family::ToCome => {
                let stays = self.chance(600);
                let parent = self.new_parent();
                *family = if stays {
                    Family::Grows(parent)
                } else {
                    Family::Parent(parent)
                };
            }
            Family::Grows(parent) if idle(parent) && self.chance(750) => {
                if self.chance(400) {
                    // What is refused before its parent is missed has no reason to wait for it but that they are ordered.
                    self.novelty();
                }
                self.child_of(parent);
            }
            Family::Parent(parent) if idle(parent) => {
                *family = Family::Child(parent, self.child_of(parent));
            }
            Family::Child(parent, child) if idle(parent) && idle(child) => {
                self.delete_this_child(child);
                *family = Family::ParentAgain(parent);
            }
            Family::ParentAgain(parent)
                if idle(parent) && self.ledger.subjects[parent].children == 0 =>
            {
                self.delete_this_parent(parent);
                *family = Family::Gone;
            }
            _ => return None,
        }
        Some(self.unit)
    }

    fn new_events(&mut self) {
        for _ in 0..self.draw(|random| random.within(1, 6)) {
            let mark = self.ledger.mark();
            let values = vec![("mark", integer(mark))];
            let action = Action::Insert(values);
            self.effect(DEFAULT_POOL, "events", None, action, Vec::new());
            let event = Tracked::created(Event { id: 0, mark });
            self.item(Held::Other(Box::new(event)), Intent::Save, None);
        }
    }

    /// In another database: half of the unit.
    fn new_tally(&mut self) {
        let known = self.one(Kind::Tally);
        let mark = self.ledger.mark();
        if let (Some(subject), true) = (known, self.chance(600)) {
            let key = self.ledger.subjects[subject].key;
            let values = vec![
                ("mark", Assign::Set(integer(mark))),
                ("total", Assign::Add(3)),
            ];
            let action = Action::Update(values);
            self.effect(OTHER_POOL, "tallies", Some(key), action, Vec::new());
            let columns = Tally::columns();
            let change = Tally::change(key)
                .set(columns.mark, mark)
                .add(columns.total, 3_i64);
            let held = self.change(change);
            self.item(held, Intent::Save, Some(subject));
            return;
        }
        let id = self.id();
        let subject = self.ledger.subject(Kind::Tally, id);
        let values = vec![("mark", integer(mark)), ("total", integer(0))];
        let tally = Tally { id, mark, total: 0 };
        let held = Held::Other(Box::new(Tracked::created(tally)));
        self.insert::<Tally>(OTHER_POOL, id, values, Vec::new(), Some(subject), held);
    }

    fn novelty(&mut self) {
        let (id, mark) = (self.id(), self.ledger.mark());
        let held = Held::Other(Box::new(Tracked::created(Novelty { id, mark })));
        let values = vec![("mark", integer(mark))];
        self.insert::<Novelty>(DEFAULT_POOL, id, values, Vec::new(), None, held);
    }

    /// What the database will refuse, as far as one can tell; the unit goes with it.
    fn something_bad(&mut self) {
        let mark = self.ledger.mark();
        match self.draw(|random| random.below(4)) {
            0 => {
                // A name that somebody has.
                if let Some(holder) = self.one(Kind::Holder) {
                    self.unit.flush.subjects.push(holder);
                    let (id, name) = (self.id(), self.ledger.subjects[holder].name.clone());
                    let values = vec![("name", Datum::Text(name.clone())), ("mark", integer(mark))];
                    let claims = vec![Claim::name(&name)];
                    let holder = Tracked::created(Holder { id, name, mark });
                    let held = Held::Other(Box::new(holder));
                    self.insert::<Holder>(DEFAULT_POOL, id, values, claims, None, held);
                }
            }
            1 => {
                // A key that is there.
                if let Some(subject) = self.one(Kind::Counter) {
                    self.unit.flush.subjects.push(subject);
                    let id = self.ledger.subjects[subject].key;
                    let values = vec![
                        ("mark", integer(mark)),
                        ("sequence", integer(0)),
                        ("total", integer(0)),
                    ];
                    let counter = Counter {
                        id,
                        mark,
                        ..Counter::default()
                    };
                    let held = Held::Other(Box::new(Tracked::created(counter)));
                    self.insert::<Counter>(DEFAULT_POOL, id, values, Vec::new(), None, held);
                }
            }
            2 => {
                // A parent that never was.
                let (id, parent) = (self.id(), self.id());
                let values = vec![("parent", Datum::from(parent)), ("mark", integer(mark))];
                let claims = vec![Claim::reference("parents", parent)];
                let child = Child {
                    id,
                    parent: Reference::to(parent),
                    mark,
                };
                let held = Held::Other(Box::new(Tracked::created(child)));
                self.insert::<Child>(DEFAULT_POOL, id, values, claims, None, held);
            }
            _ => {
                // A row that never was.
                let key = self.id();
                let action = Action::Update(vec![("mark", Assign::Set(integer(mark)))]);
                self.effect(DEFAULT_POOL, "counters", Some(key), action, Vec::new());
                let change = Counter::change(key).set(Counter::columns().mark, mark);
                let held = self.change(change);
                self.item(held, Intent::Save, None);
            }
        }
        // What goes down with it is not what it would have been.
        let (believed, subjects) = (self.chance(300), &self.ledger.subjects);
        self.unit.flush.beliefs.retain(|belief| {
            // What is done later to a row whose INSERT is dead goes with it.
            let is_new = |subject: usize| subjects[subject].kind == Kind::Counter;
            believed && matches!(belief, Belief::Live(subject) if is_new(*subject))
        });
        self.unit.bad = true;
    }
}
