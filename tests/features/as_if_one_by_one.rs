//! Whatever is planned, merged and run side by side ends as if each flush had been executed by itself, in order.
//!
//! Histories are random, from the suite's own generator: a history is a few hundred flushes that a database
//! takes a second for, so what a failure needs is its seed (`BEEORM_TEST_SEED`) and not to be shrunk.

use std::collections::{BTreeMap, BTreeSet};

use beeorm::{Change, Receipt, prelude::*};

use crate::support::{Backend, FEW, Random, engine, on_every_backend};

#[derive(Entity, Debug, Default)]
struct Comb {
    #[entity(primary_key)]
    id: u32,
    honey: i64,
}

#[derive(Entity, Debug, Default)]
struct Cell {
    #[entity(primary_key)]
    id: u32,
    comb: Reference<Comb>,
    /// A unique value that is told apart exactly.
    #[entity(unique)]
    place: Option<u32>,
    /// One that a collation compares.
    #[entity(unique, length = 20)]
    label: Option<String>,
    visits: i64,
    note: String,
}

#[derive(Entity, Debug, Default)]
struct Visit {
    id: u64,
    number: u32,
    cell: Option<Reference<Cell>>,
}

/// What is in the database, as far as it matters.
#[derive(Clone, Debug, Default, PartialEq)]
struct World {
    combs: BTreeMap<u32, i64>,
    cells: BTreeMap<u32, Stored>,
    visits: Vec<(u32, Option<u32>)>,
    /// Rows whose INSERT is dead, as combs and as cells: a DELETE that finds no row goes with it.
    dead: [BTreeSet<u32>; 2],
}

#[derive(Clone, Debug, PartialEq)]
struct Stored {
    comb: u32,
    place: Option<u32>,
    label: Option<String>,
    visits: i64,
    note: String,
}

#[derive(Clone, Debug)]
enum Step {
    NewComb(u32),
    AddHoney(u32, i64),
    DeleteComb(u32),
    NewCell(u32, Stored),
    /// Blind, or by a tracked entity whose row was this.
    SetPlace(u32, Option<u32>, Option<Stored>),
    SetLabel(u32, Option<String>),
    SetNote(u32, String),
    CountVisit(u32, i64),
    Move(u32, u32),
    DeleteCell(u32, Option<Stored>),
    NewVisit(u32, Option<u32>),
}

impl World {
    /// Does the steps, all or none; tells whether it did.
    fn flush(&mut self, steps: &[Step], same_label: fn(&str, &str) -> bool) -> bool {
        let mut after = self.clone();
        let done = steps.iter().all(|step| after.execute(step, same_label));
        if done {
            *self = after;
        }
        for step in steps {
            let (kind, id) = match step {
                Step::NewComb(id) => (0, *id),
                Step::NewCell(id, _) => (1, *id),
                _ => continue,
            };
            if done {
                self.dead[kind].remove(&id);
            } else {
                self.dead[kind].insert(id);
            }
        }
        done
    }

    fn execute(&mut self, step: &Step, same_label: fn(&str, &str) -> bool) -> bool {
        match step {
            Step::NewComb(id) => self.combs.insert(*id, 0).is_none(),
            Step::AddHoney(id, honey) => {
                let comb = self.combs.get_mut(id);
                comb.map(|stored| *stored += honey).is_some()
            }
            Step::DeleteComb(id) => {
                let used = self.cells.values().any(|cell| cell.comb == *id);
                let found = self.combs.remove(id).is_some();
                !used && (found || !self.dead[0].contains(id))
            }
            Step::NewCell(id, cell) => {
                self.cells.insert(*id, cell.clone()).is_none() && self.holds(*id, same_label)
            }
            Step::SetPlace(id, place, _) => {
                self.change(*id, same_label, |cell| cell.place = *place)
            }
            Step::SetLabel(id, label) => {
                self.change(*id, same_label, |cell| cell.label.clone_from(label))
            }
            Step::SetNote(id, note) => {
                self.change(*id, same_label, |cell| cell.note.clone_from(note))
            }
            Step::CountVisit(id, visits) => {
                self.change(*id, same_label, |cell| cell.visits += visits)
            }
            Step::Move(id, comb) => self.change(*id, same_label, |cell| cell.comb = *comb),
            Step::DeleteCell(id, _) => {
                let used = self.visits.iter().any(|(_, cell)| *cell == Some(*id));
                let found = self.cells.remove(id).is_some();
                !used && (found || !self.dead[1].contains(id))
            }
            Step::NewVisit(number, cell) => {
                self.visits.push((*number, *cell));
                cell.is_none_or(|cell| self.cells.contains_key(&cell))
            }
        }
    }

    fn change(
        &mut self,
        id: u32,
        same_label: fn(&str, &str) -> bool,
        change: impl FnOnce(&mut Stored),
    ) -> bool {
        let cell = self.cells.get_mut(&id);
        cell.map(change).is_some() && self.holds(id, same_label)
    }

    /// Whether the cell's comb is there, and its unique values are its own.
    fn holds(&self, id: u32, same_label: fn(&str, &str) -> bool) -> bool {
        let cell = &self.cells[&id];
        let mut others = self.cells.iter().filter(|(other, _)| **other != id);
        self.combs.contains_key(&cell.comb)
            && others.all(|(_, other)| {
                let label = other.label.as_ref().zip(cell.label.as_ref());
                (cell.place.is_none() || other.place != cell.place)
                    && !label.is_some_and(|(one, other)| same_label(one, other))
            })
    }

    async fn stored(engine: &Engine, steps: &[Vec<Step>], ids: u32) -> Self {
        let mut world = Self::default();
        for comb in engine.load_many::<Comb>(1..=ids).await.unwrap() {
            world.combs.extend(comb.map(|comb| (comb.id, comb.honey)));
        }
        for cell in engine.load_many::<Cell>(1..=ids).await.unwrap() {
            let stored = cell.map(|cell| {
                let stored = Stored {
                    comb: *cell.comb.key(),
                    place: cell.place,
                    label: cell.label.clone(),
                    visits: cell.visits,
                    note: cell.note.clone(),
                };
                (cell.id, stored)
            });
            world.cells.extend(stored);
        }
        // What was rolled back has used up its numbers too, several times over.
        let numbers = steps.iter().map(|steps| steps.len() as u64).sum::<u64>() * 30;
        for chunk in (1..=numbers).collect::<Vec<_>>().chunks(5000) {
            for visit in engine
                .load_many::<Visit>(chunk.iter().copied())
                .await
                .unwrap()
            {
                let visit = visit.map(|visit| {
                    let cell = visit.cell.as_ref().map(|cell| *cell.key());
                    (visit.number, cell)
                });
                world.visits.extend(visit);
            }
        }
        world
    }
}

/// How a history goes, so that some are full of conflicts and others of what can be merged.
struct Mood {
    ids: u64,
    labels: u64,
    blind: u64,
    deletes: u64,
}

/// Makes up the flushes of a history.
struct Author {
    random: Random,
    mood: Mood,
    visits: u32,
}

impl Author {
    fn chance(&mut self, percent: u64) -> bool {
        self.random.between(1, 100) <= percent
    }

    fn id(&mut self) -> u32 {
        // Some rows are written more than others.
        let most = if self.chance(30) { 5 } else { self.mood.ids };
        u32::try_from(self.random.between(1, most)).unwrap()
    }

    fn place(&mut self) -> Option<u32> {
        (!self.chance(10)).then(|| self.id())
    }

    fn label(&mut self) -> Option<String> {
        let letters = ["bee", "BEE", "Willi", "maja", "Maja", "thekla"];
        let letter = letters[usize::try_from(self.random.between(0, 5)).unwrap()];
        let label = format!("{letter} {}", self.id());
        self.chance(self.mood.labels).then_some(label)
    }

    /// The next flush, most often one that can be done.
    fn flush(&mut self, world: &World, same_label: fn(&str, &str) -> bool) -> Vec<Step> {
        let any = self.chance(10);
        loop {
            let steps = self.steps(world);
            if any || world.clone().flush(&steps, same_label) {
                return steps;
            }
        }
    }

    /// What is stored it knows as a program does that has just loaded it.
    fn steps(&mut self, world: &World) -> Vec<Step> {
        let count = if self.chance(70) {
            1
        } else {
            self.random.between(2, 4)
        };
        let deletes = self.chance(self.mood.deletes);
        let knows = !self.chance(self.mood.blind);
        let mut touched = BTreeSet::new();
        (0..count)
            .map(|_| {
                let (id, other) = (self.id(), self.id());
                // Once in a flush: a second copy of the row would see no change where it was changed and is changed back.
                let knows = touched.insert(id) && knows;
                let known = world.cells.get(&id).filter(|_| knows).cloned();
                match self.random.between(0, if deletes { 4 } else { 9 }) {
                    0 => Step::NewComb(id),
                    1 | 2 => self.new_cell(id, other),
                    3 if deletes => Step::DeleteCell(id, known),
                    4 if deletes && self.chance(60) => Step::DeleteComb(id),
                    3 | 4 => {
                        self.visits += 1;
                        Step::NewVisit(self.visits, self.chance(70).then_some(id))
                    }
                    5 => Step::SetPlace(id, self.place(), known),
                    6 if self.chance(self.mood.labels) => Step::SetLabel(id, self.label()),
                    6 => Step::SetNote(id, format!("note {other}")),
                    7 => Step::CountVisit(id, i64::from(other)),
                    8 => Step::AddHoney(id, 1),
                    _ => Step::Move(id, other),
                }
            })
            .collect()
    }

    fn new_cell(&mut self, id: u32, comb: u32) -> Step {
        let cell = Stored {
            comb,
            place: self.place(),
            label: self.label(),
            visits: 0,
            note: String::new(),
        };
        Step::NewCell(id, cell)
    }
}

fn cell(id: u32, stored: &Stored) -> Cell {
    Cell {
        id,
        comb: Reference::to(stored.comb),
        place: stored.place,
        label: stored.label.clone(),
        visits: stored.visits,
        note: stored.note.clone(),
    }
}

/// What is flushed for a step; one of it is not empty.
#[derive(Default)]
struct Flushed {
    combs: Vec<Tracked<Comb>>,
    cells: Vec<Tracked<Cell>>,
    visits: Vec<Tracked<Visit>>,
    comb_changes: Vec<Change<Comb>>,
    cell_changes: Vec<Change<Cell>>,
    is_delete: bool,
}

fn flushed(engine: &Engine, step: &Step) -> Flushed {
    let mut flushed = Flushed::default();
    let columns = Cell::columns();
    let mut change = |change| flushed.cell_changes.push(change);
    match step {
        Step::NewComb(id) => {
            let comb = Comb { id: *id, honey: 0 };
            flushed.combs.push(engine.track(comb).unwrap());
        }
        Step::AddHoney(id, honey) => {
            let change = Comb::change(*id).add(Comb::columns().honey, *honey);
            flushed.comb_changes.push(change);
        }
        Step::DeleteComb(id) => {
            flushed.comb_changes.push(Comb::change(*id));
            flushed.is_delete = true;
        }
        Step::NewCell(id, stored) => flushed.cells.push(engine.track(cell(*id, stored)).unwrap()),
        Step::SetPlace(id, place, None) => change(Cell::change(*id).set(columns.place, *place)),
        Step::SetPlace(id, place, Some(stored)) => {
            let mut tracked = engine.attach(cell(*id, stored));
            tracked.place = *place;
            flushed.cells.push(tracked);
        }
        Step::SetLabel(id, label) => change(Cell::change(*id).set(columns.label, label.clone())),
        Step::SetNote(id, note) => change(Cell::change(*id).set(columns.note, note.as_str())),
        Step::CountVisit(id, visits) => change(Cell::change(*id).add(columns.visits, *visits)),
        Step::Move(id, comb) => {
            let comb: Reference<Comb> = Reference::to(*comb);
            change(Cell::change(*id).set(columns.comb, comb));
        }
        Step::DeleteCell(id, known) => {
            match known {
                Some(stored) => flushed.cells.push(engine.attach(cell(*id, stored))),
                None => change(Cell::change(*id)),
            }
            flushed.is_delete = true;
        }
        Step::NewVisit(number, cell) => {
            let visit = Visit {
                id: 0,
                number: *number,
                cell: cell.map(Reference::to),
            };
            flushed.visits.push(engine.track(visit).unwrap());
        }
    }
    flushed
}

async fn flush(engine: &Engine, steps: &[Step]) -> Receipt {
    let mut rows: Vec<Flushed> = steps.iter().map(|step| flushed(engine, step)).collect();
    if rows.iter().all(|row| !row.is_delete) {
        let values = rows.iter_mut().map(|row| {
            (
                row.combs.as_mut_slice(),
                row.cells.as_mut_slice(),
                row.visits.as_mut_slice(),
                std::mem::take(&mut row.comb_changes),
                std::mem::take(&mut row.cell_changes),
            )
        });
        return engine.flush_lazy(values.collect::<Vec<_>>()).await.unwrap();
    }
    let mut flusher = engine.flusher();
    for row in &mut rows {
        row.visits.iter_mut().for_each(|visit| {
            flusher.track(visit);
        });
        for comb in &mut row.combs {
            flusher.track(comb);
        }
        for cell in &mut row.cells {
            if row.is_delete {
                flusher.delete(cell);
            } else {
                flusher.track(cell);
            }
        }
        row.comb_changes.iter_mut().for_each(|change| {
            flusher.delete(change);
        });
        row.cell_changes.iter_mut().for_each(|change| {
            flusher.delete(change);
        });
    }
    flusher.flush_lazy().await.unwrap()
}

async fn history(backend: &Backend, seed: u64, flushes: u64) {
    let mut own = Random::seeded(seed);
    println!("a history of {flushes} flushes with BEEORM_TEST_SEED={seed}");
    let mood = Mood {
        ids: own.between(10, 150),
        labels: [0, 0, 50][usize::try_from(own.between(0, 2)).unwrap()],
        blind: [0, 10, 100][usize::try_from(own.between(0, 2)).unwrap()],
        deletes: [0, 5, 30][usize::try_from(own.between(0, 2)).unwrap()],
    };
    let workers = usize::try_from(own.between(1, 11)).unwrap();
    let batch_size = usize::try_from(own.between(30, 1000)).unwrap();
    let ids = u32::try_from(mood.ids).unwrap();
    // MySQL's collation takes letters for equal that SQLite tells apart.
    let same_label: fn(&str, &str) -> bool = if backend.database.starts_with("sqlite") {
        |one, other| one == other
    } else {
        str::eq_ignore_ascii_case
    };
    let mut author = Author {
        random: own,
        mood,
        visits: 0,
    };
    let registry = backend.registry();
    let engine = engine(registry.entity::<Visit>().entity::<Cell>().entity::<Comb>()).await;
    let mut world = World::default();
    let mut flushed = Vec::new();
    let mut dead = BTreeSet::new();
    let mut by_frame = BTreeMap::new();
    for _ in 0..flushes {
        let steps = author.flush(&world, same_label);
        let receipt = flush(&engine, &steps).await;
        let done = world.flush(&steps, same_label);
        // A change to what is there already is no statement.
        if let Some(frame) = receipt.frame_ids().first() {
            by_frame.insert(*frame, steps.clone());
            if !done {
                dead.insert(*frame);
            }
        }
        flushed.push(steps);
    }
    let consumer = engine
        .background_consumer()
        .lazy_flush_workers(workers)
        .rows_of_a_lane(FEW)
        .batch_size(batch_size);
    let report = consumer.drain().await.unwrap();
    println!("{workers} workers, {batch_size} a batch: {report:?}");
    let letters = engine.dead_letters().list(flushes).await.unwrap();
    let found: BTreeSet<_> = letters.iter().map(|letter| letter.frame_id).collect();
    for differs in found.symmetric_difference(&dead) {
        println!("{:?} {:?}", found.contains(differs), by_frame[differs]);
    }
    assert!(found == dead, "which flushes are dead");
    let mut stored = World::stored(&engine, &flushed, ids).await;
    if workers > 1 {
        // Beside each other, who comes first is open.
        stored.visits.sort_unstable();
    }
    world.visits.sort_unstable();
    world.dead = Default::default();
    assert_eq!(stored, world);
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_histories_embedded() {
    let first = Random::new().seed;
    for number in 0..40 {
        history(&Backend::embedded().await, first.wrapping_add(number), 300).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_histories_on_servers() {
    let first = Random::new().seed;
    for number in 0..4 {
        history(&Backend::servers().await, first.wrapping_add(number), 400).await;
    }
}

/// A row with a value of its own.
#[derive(Entity, Debug, Default)]
struct Token {
    #[entity(primary_key)]
    id: u32,
    #[entity(unique)]
    number: u32,
    uses: u32,
}

fn token(id: u32, number: u32) -> Token {
    Token {
        id,
        number,
        uses: 0,
    }
}

on_every_backend! {
    /// A flush gives up what its writer does not know to be stored; who takes it waits all the same.
    async fn a_value_that_is_given_up_unknowingly_is_free_for_the_next(backend: Backend) {
        let engine = engine(backend.registry().entity::<Token>()).await;
        engine.flush(&mut engine.track(token(1, 7)).unwrap()).await.unwrap();
        // A lane that takes its time, one UPDATE of one row after the other.
        for _ in 0..500 {
            let change = Token::change(1_u32).add(Token::columns().uses, 1_u32);
            engine.flush_lazy(change).await.unwrap();
        }
        // Loaded before somebody else gave it the number 7.
        let mut stale = engine.attach(token(1, 5));
        stale.number = 9;
        engine.flush_lazy(&mut stale).await.unwrap();
        // And one that has nothing to do with it, as far as it is told.
        engine.flush_lazy(&mut engine.track(token(2, 7)).unwrap()).await.unwrap();
        let report = engine.background_consumer().rows_of_a_lane(FEW).drain().await.unwrap();
        assert_eq!((report.applied, report.dead), (502, 0), "{report:?}");
    }
}
