//! Counters are exact up to the end of their column, and refused beyond it, on every database alike.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use beeorm::{Change, Failure, prelude::*};
use rust_decimal::Decimal;

use crate::support::{engine, on_every_backend};

#[derive(Entity, Debug, Default, PartialEq)]
struct Tally {
    #[entity(primary_key)]
    id: u32,
    #[entity(unique)]
    name: String,
    small: u8,
    signed: i64,
    unsigned: u64,
    #[entity(precision = 18, scale = 4)]
    money: Decimal,
}

/// One step before the end of each column.
fn tally(id: u32) -> Tally {
    Tally {
        id,
        name: "bee".to_owned(),
        small: u8::MAX - 1,
        signed: i64::MAX - 1,
        unsigned: u64::MAX - 1,
        money: "99999999999999.9998".parse().unwrap(),
    }
}

fn at_the_end(id: u32) -> Tally {
    Tally {
        small: u8::MAX,
        signed: i64::MAX,
        unsigned: u64::MAX,
        money: "99999999999999.9999".parse().unwrap(),
        ..tally(id)
    }
}

/// One step of each column.
fn steps() -> [Change<Tally>; 4] {
    let columns = Tally::columns();
    let change = || Tally::change(1_u32);
    [
        change().add(columns.small, 1_u8),
        change().add(columns.signed, 1_i64),
        change().add(columns.unsigned, 1_u64),
        change().add(columns.money, Decimal::new(1, 4)),
    ]
}

on_every_backend! {
    async fn that_are_lazy_are_dead_lettered_beyond_their_column(backend: Backend) {
        let engine = engine(backend.registry().entity::<Tally>()).await;
        engine.flush(&mut engine.track(tally(1)).unwrap()).await.unwrap();
        for change in steps().into_iter().chain(steps()) {
            engine.flush_lazy(change).await.unwrap();
        }
        let out_of_range = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&out_of_range);
        let resolver = move |failure: Failure| {
            seen.fetch_add(failure.is_out_of_range().into(), Ordering::Relaxed);
            async { Resolution::Pass }
        };
        let consumer = engine.background_consumer().error_resolver(resolver);
        let report = consumer.drain().await.unwrap();
        assert_eq!((report.applied, report.dead), (4, 4), "{report:?}");
        assert_eq!(out_of_range.load(Ordering::Relaxed), 4);
        assert_eq!(*engine.load::<Tally>(1_u32).await.unwrap().unwrap(), at_the_end(1));
        let letters = engine.dead_letters().list(10).await.unwrap();
        for (letter, column) in letters.iter().zip(["small", "signed", "unsigned", "money"]) {
            assert!(letter.statements.contains(column), "{}", letter.statements);
        }
    }

    async fn that_are_synchronous_are_refused_beyond_their_column(backend: Backend) {
        let engine = engine(backend.registry().entity::<Tally>()).await;
        engine.flush(&mut engine.track(tally(1)).unwrap()).await.unwrap();
        for change in steps() {
            engine.flush(change).await.unwrap();
        }
        for change in steps() {
            let refused = engine.flush(change).await.unwrap_err();
            assert!(refused.is_out_of_range(), "{refused}");
        }
        assert_eq!(*engine.load::<Tally>(1_u32).await.unwrap().unwrap(), at_the_end(1));
        let back = Tally::change(1_u32)
            .subtract(Tally::columns().unsigned, u64::MAX)
            .subtract(Tally::columns().signed, i64::MAX);
        engine.flush(back).await.unwrap();
        let mut left = at_the_end(1);
        (left.unsigned, left.signed) = (0, 0);
        assert_eq!(*engine.load::<Tally>(1_u32).await.unwrap().unwrap(), left);
        let missing = Tally::change(2_u32).add(Tally::columns().small, 1_u8);
        assert!(engine.flush(missing).await.unwrap_err().is_row_missing());
    }

    async fn on_a_duplicate_key_are_exact_too(backend: Backend) {
        let engine = engine(backend.registry().entity::<Tally>()).await;
        engine.flush(&mut engine.track(tally(1)).unwrap()).await.unwrap();
        let columns = Tally::columns();
        let counts = || [columns.unsigned.add(1_u64), columns.small.set(7_u8), columns.money.add(Decimal::new(1, 4))];
        // The row is found by its name.
        let mut other = engine.track(tally(2)).unwrap();
        Tracked::on_duplicate_key_update(&mut other, counts());
        engine.flush(&mut other).await.unwrap();
        let expected = Tally { small: 7, signed: i64::MAX - 1, ..at_the_end(1) };
        assert_eq!(*other, expected);
        let mut third = engine.track(tally(3)).unwrap();
        Tracked::on_duplicate_key_update(&mut third, counts());
        let refused = engine.flush(&mut third).await.unwrap_err();
        assert!(refused.is_out_of_range(), "{refused}");
        assert_eq!(*engine.load::<Tally>(1_u32).await.unwrap().unwrap(), expected);
        assert!(engine.load::<Tally>(3_u32).await.unwrap().is_none());
    }
}
