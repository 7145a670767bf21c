//! Goes through a database's log: every transaction did what its frames were to do, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::{Evidence, Verdict};
use crate::{
    database::{dead_letters, horizon, inbox},
    simulation::{
        database::{Commit, DatabaseServer, Datum, Place, Row, RowChange, Table, values},
        stream::short,
        workload::{Action, Assign, Effect},
    },
};

/// The flushes that ended here, each with its transaction's place in the log.
pub(super) fn replay(
    evidence: &Evidence<'_>,
    server: &DatabaseServer,
) -> BTreeMap<usize, (usize, Verdict)> {
    let mut replay = Replay {
        evidence,
        server,
        rows: BTreeMap::new(),
        ended: BTreeMap::new(),
        tables: BTreeMap::new(),
        dead_inserts: BTreeSet::new(),
        remembered: BTreeSet::new(),
    };
    for (place, commit) in server.log().iter().enumerate() {
        replay.transaction(place, commit);
    }
    replay.ended
}

struct Replay<'r> {
    evidence: &'r Evidence<'r>,
    server: &'r DatabaseServer,
    /// What is in the database, as of the transactions so far.
    rows: BTreeMap<Place, Row>,
    ended: BTreeMap<usize, (usize, Verdict)>,
    tables: BTreeMap<&'static str, Option<Table>>,
    /// Rows whose INSERT is dead: what is done to them later goes with it.
    dead_inserts: BTreeSet<Place>,
    /// Those of them of which the library knows the key.
    remembered: BTreeSet<Place>,
}

/// Why an effect is not possible.
type Impossible = &'static str;

impl Replay<'_> {
    fn violation(&self, place: usize, what: impl AsRef<str>) {
        let (pool, what) = (self.server.pool, what.as_ref());
        let world = &self.evidence.scene.world;
        world.violation(format!("transaction {place} of database {pool}: {what}"));
    }

    fn transaction(&mut self, place: usize, commit: &Commit) {
        let verdicts = self.verdicts(place, commit);
        let letters = letters(commit);
        let mut applied = BTreeSet::new();
        for (id, verdict) in verdicts {
            let Some(&flush) = self.evidence.by_id.get(&id) else {
                self.violation(place, format!("frame {} is nobody's", short(id)));
                continue;
            };
            let letter = letters.get(&id);
            if letter.is_some() != (verdict == Verdict::Dead) {
                let what = format!("flush {flush} is {verdict:?}, which its dead letter denies");
                self.violation(place, what);
            }
            if letter == Some(&true) {
                self.check_too_old(place, flush, id);
                continue;
            }
            if let Some((before, _)) = self.ended.insert(flush, (place, verdict)) {
                let what = format!("flush {flush} had ended in transaction {before}");
                self.violation(place, what);
            }
            if verdict == Verdict::Applied {
                applied.insert((self.evidence.flushes[flush].begun, flush));
            } else {
                self.check_reason(place, flush, verdict);
                if verdict == Verdict::Dead {
                    let inserted = self.effects(flush).filter_map(inserted);
                    let inserted: Vec<Place> = inserted.collect();
                    // A program that does not know the new table cannot read what else is in the frame.
                    if self
                        .effects(flush)
                        .all(|effect| effect.table != "novelties")
                    {
                        self.remembered.extend(inserted.iter().cloned());
                    }
                    self.dead_inserts.extend(inserted);
                }
            }
        }
        let expected = self.expected(place, &applied);
        self.compare(place, expected, commit, &applied);
        for ((table, key), change) in &commit.changes {
            let at = (table.clone(), key.clone());
            match &change.after {
                Some(row) => {
                    self.dead_inserts.remove(&at);
                    self.remembered.remove(&at);
                    self.rows.insert(at, row.clone())
                }
                None => self.rows.remove(&at),
            };
        }
    }

    fn verdicts(&self, place: usize, commit: &Commit) -> Vec<(Uuid, Verdict)> {
        let mut verdicts = Vec::new();
        for ((table, key), change) in &commit.changes {
            if table != inbox::TABLE {
                continue;
            }
            let Some(id) = uuid(key) else {
                // The library's own notes, which are no frame's.
                continue;
            };
            let (None, Some(row)) = (&change.before, &change.after) else {
                let what = format!("the verdict on {} was changed", short(id));
                if change.after.is_some() {
                    self.violation(place, what);
                } else if i128::from(horizon::made_millis(id)) >= self.watermark() {
                    self.violation(place, format!("{what}: it is forgotten too early"));
                }
                continue;
            };
            verdicts.push((
                id,
                match row.get(1) {
                    Some(Datum::Integer(1)) => Verdict::Applied,
                    Some(Datum::Integer(2)) => Verdict::Dead,
                    _ => Verdict::Skipped,
                },
            ));
        }
        verdicts
    }

    /// As of the transactions so far.
    fn watermark(&self) -> i128 {
        let at = (horizon::TABLE.to_owned(), vec![Datum::Integer(1)]);
        match self.rows.get(&at).and_then(|row| row.get(1)) {
            Some(Datum::Integer(millis)) => *millis,
            _ => 0,
        }
    }

    /// Whoever gives a flush up as one that may have been applied does it to one that has ended, long ago; or to one of
    /// which no entry tells that it still waits.
    fn check_too_old(&self, place: usize, flush: usize, id: Uuid) {
        let vanished = self.evidence.record.vanished.contains(&id);
        if !vanished && !self.ended.contains_key(&flush)
            || i128::from(horizon::made_millis(id)) >= self.watermark()
        {
            let what = format!("flush {flush} is given up as too old, and is not");
            self.violation(place, what);
        }
    }

    fn effects(&self, flush: usize) -> impl Iterator<Item = &Effect> {
        let pool = self.server.pool;
        let effects = self.evidence.flushes[flush].effects.iter();
        effects.filter(move |effect| effect.pool == pool)
    }

    /// Whoever gives a flush up must have been unable to do it.
    fn check_reason(&mut self, place: usize, flush: usize, verdict: Verdict) {
        let effects: Vec<Effect> = self.effects(flush).cloned().collect();
        if effects.iter().any(|effect| effect.table == "novelties") {
            // Its table comes late, and there are programs that do not know it.
            return;
        }
        if self.evidence.is_hung_up_on(self.server, flush) {
            return;
        }
        let waits = effects.iter().any(|effect| {
            let key = effect.key.map(|key| vec![Datum::from(key)]);
            let at = key.map(|key| (effect.table.to_owned(), key));
            at.is_some_and(|at| self.dead_inserts.contains(&at) && !self.rows.contains_key(&at))
        });
        let mut changed = BTreeMap::new();
        let mut effects = effects.iter();
        if !waits && effects.all(|effect| self.apply(effect, &mut changed).is_ok()) {
            let what = format!("flush {flush} is {verdict:?}, and nothing was in its way");
            self.violation(place, what);
        }
    }

    /// What the flushes make of the rows, in the order in which they were begun.
    fn expected(
        &mut self,
        place: usize,
        applied: &BTreeSet<(u64, usize)>,
    ) -> BTreeMap<Place, Option<Row>> {
        let mut changed = BTreeMap::new();
        for (_, flush) in applied {
            let effects: Vec<Effect> = self.effects(*flush).cloned().collect();
            for effect in effects.iter().filter(|effect| effect.key.is_some()) {
                self.check_follows(place, *flush, effect, &changed);
                if let Err(why) = self.apply(effect, &mut changed) {
                    let what = format!("flush {flush} was applied, and cannot have been: {why}");
                    self.violation(place, what);
                }
            }
        }
        changed
    }

    /// Nothing is done to a row whose INSERT is dead; a DELETE would be counted as done.
    fn check_follows(
        &self,
        place: usize,
        flush: usize,
        effect: &Effect,
        changed: &BTreeMap<Place, Option<Row>>,
    ) {
        let Some(key) = effect.key else { return };
        let at: Place = (effect.table.to_owned(), vec![Datum::from(key)]);
        let is_delete = matches!(effect.action, Action::Delete);
        let is_dead = self.remembered.contains(&at) && !changed.contains_key(&at);
        if is_delete && is_dead && !self.rows.contains_key(&at) {
            let what = format!("flush {flush} was applied, although the INSERT before it is dead");
            self.violation(place, what);
        }
    }

    fn compare(
        &self,
        place: usize,
        expected: BTreeMap<Place, Option<Row>>,
        commit: &Commit,
        applied: &BTreeSet<(u64, usize)>,
    ) {
        let mut wanted: BTreeMap<Place, RowChange> = BTreeMap::new();
        for (at, after) in expected {
            let before = self.rows.get(&at).cloned();
            if before != after {
                wanted.insert(at, RowChange { before, after });
            }
        }
        let mut made: Vec<&Row> = Vec::new();
        let all: BTreeSet<&Place> = wanted.keys().chain(commit.changes.keys()).collect();
        for at in all {
            let (wanted, done) = (wanted.get(at), commit.changes.get(at));
            if at.0.starts_with("_beeorm") || wanted == done {
                continue;
            }
            if let (
                "events",
                Some(RowChange {
                    before: None,
                    after: Some(row),
                }),
            ) = (at.0.as_str(), done)
            {
                made.push(row);
                continue;
            }
            let (table, key) = at;
            let key: Vec<String> = key.iter().map(Datum::to_string).collect();
            let flushes: Vec<usize> = applied.iter().map(|(_, flush)| *flush).collect();
            let what = format!(
                "{table} {}: {} was to become {}, and became {} (flushes {flushes:?})",
                key.join(" "),
                shown(self.rows.get(at)),
                shown(wanted.map_or(self.rows.get(at), |change| change.after.as_ref())),
                shown(done.map_or(self.rows.get(at), |change| change.after.as_ref())),
            );
            self.violation(place, what);
        }
        self.compare_made(place, &made, applied);
    }

    /// Rows whose key the database made: known by their marks.
    fn compare_made(&self, place: usize, made: &[&Row], applied: &BTreeSet<(u64, usize)>) {
        let mut marks: Vec<Datum> = made.iter().filter_map(|row| row.get(1).cloned()).collect();
        let mut wanted: Vec<Datum> = Vec::new();
        for (_, flush) in applied {
            for effect in self.effects(*flush).filter(|effect| effect.key.is_none()) {
                if let Action::Insert(values) = &effect.action {
                    wanted.extend(values.iter().map(|(_, value)| value.clone()));
                }
            }
        }
        marks.sort();
        wanted.sort();
        if marks != wanted {
            let what = format!("{} events instead of {}", marks.len(), wanted.len());
            self.violation(place, what);
        }
    }

    fn row<'s>(&'s self, changed: &'s BTreeMap<Place, Option<Row>>, at: &Place) -> Option<&'s Row> {
        changed
            .get(at)
            .map_or_else(|| self.rows.get(at), Option::as_ref)
    }

    /// One statement on the rows as they are.
    fn apply(
        &mut self,
        effect: &Effect,
        changed: &mut BTreeMap<Place, Option<Row>>,
    ) -> Result<(), Impossible> {
        let server = self.server;
        let table = self.tables.entry(effect.table);
        let table = table.or_insert_with(|| server.definition(effect.table));
        let table = table.clone().ok_or("there is no such table")?;
        let Some(key) = effect.key else {
            return Ok(());
        };
        let at: Place = (effect.table.to_owned(), vec![Datum::from(key)]);
        let old = self.row(changed, &at).cloned();
        let new = match (&effect.action, &old) {
            (Action::Insert(_), Some(_)) => return Err("the key is there"),
            (Action::Insert(values), None) => {
                let mut row = vec![Datum::Null; table.columns.len()];
                for (column, value) in values {
                    row[table.column(column).ok_or("no such column")?] = value.clone();
                }
                Some(row)
            }
            (Action::Update(_), None) => return Err("there is no such row"),
            (Action::Update(values), Some(old)) => {
                let mut row = old.clone();
                for (column, assign) in values {
                    let place = table.column(column).ok_or("no such column")?;
                    row[place] = match (assign, &old[place]) {
                        (Assign::Set(value), _) => value.clone(),
                        (Assign::Add(more), Datum::Integer(number)) => {
                            Datum::Integer(number + more)
                        }
                        (Assign::Add(_), _) => return Err("no number"),
                    };
                }
                Some(row)
            }
            (Action::Delete, _) => None,
        };
        match &new {
            Some(row) => self.check_row(&table, &at, row, changed)?,
            None => self.check_children(&at, changed)?,
        }
        changed.insert(at, new);
        Ok(())
    }

    fn check_row(
        &self,
        table: &Table,
        at: &Place,
        row: &Row,
        changed: &BTreeMap<Place, Option<Row>>,
    ) -> Result<(), Impossible> {
        for (_, places) in &table.unique {
            let wanted = values(row, places);
            let mut others = self.rows_of(&at.0, changed);
            if others.any(|(other, row)| other != *at && values(row, places) == wanted) {
                return Err("the name is taken");
            }
        }
        for (place, parent) in &table.foreign {
            let parent = (parent.clone(), vec![row[*place].clone()]);
            if self.row(changed, &parent).is_none() {
                return Err("there is no such parent");
            }
        }
        Ok(())
    }

    fn check_children(
        &self,
        at: &Place,
        changed: &BTreeMap<Place, Option<Row>>,
    ) -> Result<(), Impossible> {
        let refers = |row: &Row| row.get(1) == at.1.first();
        if at.0 == "parents"
            && self
                .rows_of("children", changed)
                .any(|(_, row)| refers(row))
        {
            return Err("the row has children");
        }
        Ok(())
    }

    fn rows_of<'s>(
        &'s self,
        table: &'s str,
        changed: &'s BTreeMap<Place, Option<Row>>,
    ) -> impl Iterator<Item = (Place, &'s Row)> {
        let old = self
            .rows
            .iter()
            .filter(|(at, _)| !changed.contains_key(*at));
        let new = changed
            .iter()
            .filter_map(|(at, row)| Some((at, row.as_ref()?)));
        old.chain(new)
            .filter(move |(at, _)| at.0 == table)
            .map(|(at, row)| (at.clone(), row))
    }
}

/// The row that it would insert.
fn inserted(effect: &Effect) -> Option<Place> {
    let is_insert = matches!(effect.action, Action::Insert(_));
    let key = effect.key.filter(|_| is_insert)?;
    Some((effect.table.to_owned(), vec![Datum::from(key)]))
}

fn uuid(key: &Row) -> Option<Uuid> {
    match key.as_slice() {
        [Datum::Bytes(bytes)] => Uuid::from_slice(bytes).ok(),
        _ => None,
    }
}

/// The frames of the dead letters that a transaction wrote, and whether they may have been applied: a letter's number
/// comes first, then the frame's id.
fn letters(commit: &Commit) -> BTreeMap<Uuid, bool> {
    let changes = commit.changes.iter();
    let of_table = changes.filter(|((table, _), _)| table == dead_letters::TABLE);
    let rows = of_table.filter_map(|(_, change)| change.after.as_ref());
    rows.filter_map(|row| {
        let id = uuid(&vec![row.get(1)?.clone()])?;
        Some((id, row.get(9) == Some(&Datum::Integer(1))))
    })
    .collect()
}

fn shown(row: Option<&Row>) -> String {
    row.map_or_else(
        || "nothing".to_owned(),
        |row| {
            let values: Vec<String> = row.iter().map(Datum::to_string).collect();
            format!("({})", values.join(", "))
        },
    )
}
