use beeorm_tests::record::{Effect, Expected, Kind, Told};

use super::{Findings, judge};
use crate::{
    evidence::{Call, Evidence, Letter, Logged, Verdict, What},
    tables::COUNTER,
};

fn effect(kind: Kind, table: &str, key: &str, mark: u64) -> Effect {
    let (table, key, orders) = (table.to_owned(), Some(key.to_owned()), Vec::new());
    Effect {
        kind,
        table,
        key,
        mark,
        orders,
    }
}

fn row(kind: Kind, key: &str, mark: u64) -> Effect {
    effect(kind, "audit_row", key, mark)
}

/// Evidence, put together call by call and line by line.
#[derive(Default)]
struct Run(Evidence);

impl Run {
    fn call(
        &mut self,
        number: u64,
        expect: Expected,
        effects: &[Effect],
        told: &[Told],
    ) -> &mut Self {
        let (effects, told) = (effects.to_vec(), told.to_vec());
        self.0.calls.push(Call {
            number,
            expect,
            effects,
            told,
        });
        self
    }

    /// An acknowledged call whose frame is named by its number.
    fn acked(&mut self, number: u64, expect: Expected, effects: &[Effect]) -> &mut Self {
        let told = Told::Acknowledged {
            entry: Some(format!("{number}-0")),
            frames: vec![format!("f{number}")],
        };
        self.call(number, expect, effects, &[told])
    }

    fn log(&mut self, connection: u64, what: What) -> &mut Self {
        let place = self.0.log.len() as u64;
        self.0.log.push(Logged {
            place,
            connection,
            what,
        });
        self
    }

    fn verdict(&mut self, number: u64, verdict: Verdict) -> &mut Self {
        let frame = format!("f{number}");
        self.log(1, What::Verdict { frame, verdict })
    }

    /// The change takes place in the log, and in its table.
    fn done(&mut self, effect: &Effect) -> &mut Self {
        let Effect {
            kind, table, mark, ..
        } = effect.clone();
        let key = effect.key.clone().unwrap();
        let visits = i64::from(table == COUNTER);
        let row = (table.clone(), key.clone());
        if table == COUNTER {
            let (count, total) = self.0.counters.entry(key.clone()).or_default();
            (*count, *total) = (*count + 1, *total + mark);
        } else if kind == Kind::Delete {
            self.0.rows.remove(&row);
        } else {
            self.0.rows.insert(row, mark);
        }
        self.log(
            1,
            What::Change {
                kind,
                table,
                key,
                mark,
                visits,
            },
        )
    }

    /// Acknowledged, and applied as it must be.
    fn applied(&mut self, number: u64, effects: &[Effect]) -> &mut Self {
        self.acked(number, Expected::Applied, effects);
        self.verdict(number, Verdict::Applied);
        for effect in effects {
            self.done(effect);
        }
        self
    }

    fn letter(&mut self, frame: &str, statements: &str) -> &mut Self {
        let (frame, statements) = (frame.to_owned(), statements.to_owned());
        let error = "it does not fit".to_owned();
        self.0.letters.push(Letter {
            frame,
            statements,
            error,
            bytes: 9,
            attempts: 1,
        });
        self
    }

    fn judge(&self) -> Findings {
        judge(&self.0)
    }

    /// How many are lost, duplicated, out of order, unresolved.
    fn found(&self) -> [usize; 4] {
        let found = self.judge();
        [
            found.lost.len(),
            found.duplicated.len(),
            found.out_of_order.len(),
            found.unresolved.len(),
        ]
    }
}

#[test]
fn what_is_as_it_must_be() {
    let mut run = Run::default();
    run.applied(1, &[row(Kind::Insert, "a", 1), row(Kind::Insert, "b", 2)])
        .applied(2, &[row(Kind::Update, "a", 3)])
        .applied(3, &[row(Kind::Delete, "a", 3)])
        .applied(4, &[row(Kind::Insert, "a", 4)])
        .applied(5, &[effect(Kind::Update, COUNTER, "1", 5)])
        .acked(6, Expected::Dead, &[row(Kind::Insert, "b", 6)])
        .verdict(6, Verdict::Dead)
        .letter("f6", "INSERT … [mark=6]")
        .acked(7, Expected::Skipped, &[row(Kind::Insert, "b", 7)])
        .verdict(7, Verdict::Skipped)
        .call(
            8,
            Expected::Applied,
            &[row(Kind::Insert, "c", 8)],
            &[Told::Refused { why: String::new() }],
        )
        .call(9, Expected::Applied, &[row(Kind::Insert, "c", 9)], &[]);
    let found = run.judge();
    assert!(found.are_none(), "{found:?}");
    assert_eq!(
        (
            found.acked,
            found.applied,
            found.dead,
            found.skipped,
            found.open
        ),
        (7, 5, 1, 1, 1)
    );
}

#[test]
fn what_left_no_trace_is_lost() {
    let mut run = Run::default();
    run.acked(1, Expected::Applied, &[row(Kind::Insert, "a", 1)]);
    assert_eq!(run.found(), [1, 0, 0, 0]);
}

#[test]
fn what_redis_did_not_write_in_its_last_moments_is_counted_apart() {
    let mut run = Run::default();
    run.acked(5, Expected::Applied, &[row(Kind::Insert, "a", 1)])
        .acked(8, Expected::Applied, &[row(Kind::Update, "a", 2)])
        .verdict(8, Verdict::Dead)
        .letter("f8", "[mark=2]")
        .acked(9, Expected::Applied, &[row(Kind::Insert, "b", 3)]);
    assert_eq!(run.found(), [3, 0, 0, 0]);
    run.0.unwritten = vec![(4, 6)];
    assert_eq!(run.found(), [1, 0, 0, 0]);
    assert_eq!(run.judge().lost_with_redis, 2);
}

#[test]
fn what_has_a_verdict_and_no_effect_is_lost() {
    let mut run = Run::default();
    run.acked(1, Expected::Applied, &[row(Kind::Insert, "a", 1)])
        .verdict(1, Verdict::Applied);
    assert_eq!(run.found(), [1, 0, 0, 0]);
}

#[test]
fn what_was_dead_lettered_or_skipped_without_a_reason_is_lost() {
    let mut run = Run::default();
    run.acked(1, Expected::Applied, &[row(Kind::Insert, "a", 1)])
        .verdict(1, Verdict::Dead)
        .letter("f1", "[mark=1]")
        .acked(2, Expected::Applied, &[row(Kind::Insert, "b", 2)])
        .verdict(2, Verdict::Skipped);
    assert_eq!(run.found(), [2, 0, 0, 0]);
}

#[test]
fn a_row_that_is_gone_is_lost() {
    let mut run = Run::default();
    run.applied(1, &[row(Kind::Insert, "a", 1)]);
    run.0.rows.clear();
    assert_eq!(run.found(), [1, 0, 0, 0]);
}

#[test]
fn a_visit_that_counts_twice_is_duplicated() {
    let visit = effect(Kind::Update, COUNTER, "1", 5);
    let mut run = Run::default();
    run.applied(1, std::slice::from_ref(&visit)).done(&visit);
    assert_eq!(run.found(), [0, 1, 0, 0]);
}

#[test]
fn what_was_refused_or_asked_for_by_nobody_is_duplicated() {
    let (refused, nobody) = (row(Kind::Insert, "a", 1), row(Kind::Insert, "b", 2));
    let mut run = Run::default();
    run.call(
        1,
        Expected::Applied,
        std::slice::from_ref(&refused),
        &[Told::Refused { why: String::new() }],
    )
    .done(&refused)
    .done(&nobody);
    assert_eq!(run.found(), [0, 2, 0, 0]);
}

#[test]
fn what_died_and_took_effect_is_duplicated() {
    let bad = row(Kind::Insert, "a", 1);
    let mut run = Run::default();
    run.acked(1, Expected::Dead, std::slice::from_ref(&bad))
        .verdict(1, Verdict::Dead)
        .letter("f1", "[mark=1]")
        .done(&bad);
    assert_eq!(run.found(), [0, 1, 0, 0]);
}

#[test]
fn two_verdicts_are_one_too_many() {
    let mut run = Run::default();
    run.applied(1, &[row(Kind::Insert, "a", 1)])
        .verdict(1, Verdict::Applied);
    assert_eq!(run.found(), [0, 1, 0, 0]);
}

#[test]
fn what_nobody_knows_of_takes_effect_once_at_most_and_whole() {
    let effects = [row(Kind::Insert, "a", 1), row(Kind::Insert, "b", 2)];
    let mut whole = Run::default();
    whole
        .call(1, Expected::Applied, &effects, &[Told::Dropped])
        .verdict(1, Verdict::Applied);
    let mut torn = Run(whole.0.clone());
    let mut twice = Run(whole.0.clone());
    whole.done(&effects[0]).done(&effects[1]);
    torn.done(&effects[0]);
    twice.done(&effects[0]).done(&effects[1]).done(&effects[1]);
    assert_eq!(whole.found(), [0, 0, 0, 0]);
    assert_eq!(torn.found(), [1, 0, 0, 0]);
    assert_eq!(twice.found(), [0, 1, 0, 0]);
}

#[test]
fn changes_of_a_row_that_changed_places_are_out_of_order() {
    let (first, second) = (row(Kind::Update, "a", 1), row(Kind::Update, "a", 2));
    let mut run = Run::default();
    run.acked(1, Expected::Applied, std::slice::from_ref(&first))
        .acked(2, Expected::Applied, std::slice::from_ref(&second))
        .verdict(1, Verdict::Applied)
        .verdict(2, Verdict::Applied)
        .done(&second)
        .done(&first);
    assert_eq!(run.found(), [0, 0, 1, 0]);
}

#[test]
fn visits_are_in_the_order_of_the_stream() {
    let visits = [1, 2].map(|mark| effect(Kind::Update, COUNTER, "1", mark));
    let mut run = Run::default();
    // The record's order is another one: two tasks wrote it.
    run.applied(2, &visits[1..])
        .acked(1, Expected::Applied, &visits[..1]);
    run.verdict(1, Verdict::Applied).done(&visits[0]);
    assert_eq!(run.found(), [0, 0, 1, 0]);
}

#[test]
fn visits_of_one_entry_have_no_order_among_them() {
    let visits = [1, 2, 3].map(|mark| effect(Kind::Update, COUNTER, "1", mark));
    let told = |entry: &str, number: u64| Told::Acknowledged {
        entry: Some(entry.to_owned()),
        frames: vec![format!("f{number}")],
    };
    let run = |order: [usize; 3]| {
        let mut run = Run::default();
        for (number, entry) in [(1, "5-0"), (2, "5-0"), (3, "5-1")] {
            let effects = &visits[number - 1..number];
            let number = number as u64;
            run.call(number, Expected::Applied, effects, &[told(entry, number)])
                .verdict(number, Verdict::Applied);
        }
        for place in order {
            run.done(&visits[place]);
        }
        run.found()
    };
    assert_eq!(run([0, 1, 2]), [0, 0, 0, 0]);
    assert_eq!(run([1, 0, 2]), [0, 0, 0, 0]);
    assert_eq!(run([0, 2, 1]), [0, 0, 1, 0]);
}

#[test]
fn a_name_that_was_taken_before_it_was_given_up_is_out_of_order() {
    let named = |key, mark| Effect {
        orders: vec!["maja".to_owned()],
        ..effect(Kind::Update, "audit_handle", key, mark)
    };
    let (gave, took) = (named("a", 1), named("b", 2));
    let mut run = Run::default();
    run.acked(1, Expected::Applied, std::slice::from_ref(&gave))
        .acked(2, Expected::Applied, std::slice::from_ref(&took))
        .verdict(1, Verdict::Applied)
        .verdict(2, Verdict::Applied)
        .done(&took)
        .done(&gave);
    assert_eq!(run.found(), [0, 0, 1, 0]);
}

#[test]
fn what_is_still_in_the_channel_is_unresolved() {
    let mut run = Run::default();
    run.acked(1, Expected::Applied, &[row(Kind::Insert, "a", 1)]);
    run.0.waiting = vec!["f1".to_owned(), "5-0".to_owned()];
    assert_eq!(run.found(), [0, 0, 0, 2]);
}

#[test]
fn what_died_says_all_of_it() {
    let mut run = Run::default();
    run.acked(1, Expected::Dead, &[row(Kind::Insert, "a", 1)])
        .verdict(1, Verdict::Dead);
    assert_eq!(run.found(), [0, 0, 0, 1]);
    run.letter("f1", "");
    assert_eq!(run.found(), [0, 0, 0, 1]);
}

#[test]
fn an_effect_belongs_to_the_transaction_of_its_verdict() {
    let effect = row(Kind::Insert, "a", 1);
    let mut run = Run::default();
    run.applied(1, std::slice::from_ref(&effect));
    run.0.log[0].connection = 2;
    assert_eq!(run.found(), [0, 0, 0, 1]);
}

#[test]
fn what_was_planted_stands_aside_once() {
    let mut run = Run::default();
    run.0.planted = vec!["garbage 0".to_owned()];
    assert_eq!(run.found(), [0, 0, 0, 1]);
    run.0.aside = run.0.planted.clone();
    assert_eq!(run.found(), [0, 0, 0, 0]);
    run.0.aside.push("garbage 0".to_owned());
    assert_eq!(run.found(), [0, 0, 0, 1]);
}
