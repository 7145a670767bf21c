//! A hot path, so many times: `beeorm-instructions <path> <times>`; without a path, the names of all.
//!
//! `cargo xtask instructions` runs it under callgrind, twice with different numbers, so that what a start costs does not
//! count.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a path that does not work has failed"
)]

use std::{hint::black_box, process::ExitCode};

use beeorm::{conformance::HotPaths, prelude::*};

/// Five columns, without a unique value beside its key.
#[derive(Entity, Debug, Default)]
struct Page {
    #[entity(uuid)]
    id: Uuid,
    #[entity(length = 100)]
    path: String,
    #[entity(length = 100)]
    referrer: String,
    status: u16,
    millis: u32,
}

#[derive(Entity, Debug, Default)]
struct Account {
    #[entity(primary_key)]
    id: u64,
    #[entity(unique, length = 100)]
    email: String,
    balance: i64,
    logins: u32,
    level: Option<u16>,
}

type Path = fn(&HotPaths, usize);

/// What is measured, once each time.
const PATHS: &[(&str, Path)] = &[
    ("encode-one", encode_one),
    ("encode-100", encode_hundred),
    ("plan-1000-inserts", plan_inserts),
    ("plan-1000-updates", plan_updates),
    ("diff", diff),
];

fn page(number: usize) -> Page {
    Page {
        path: format!("/articles/{number}"),
        referrer: "https://example.com/search".to_owned(),
        status: 200,
        millis: 17,
        ..Page::default()
    }
}

fn encode_one(paths: &HotPaths, times: usize) {
    let mut page = page(7);
    for _ in 0..times {
        page.id = Uuid::nil();
        black_box(paths.encode(&mut page));
    }
}

fn encode_hundred(paths: &HotPaths, times: usize) {
    let mut pages: Vec<Page> = (0..100).map(page).collect();
    for _ in 0..times {
        pages.iter_mut().for_each(|page| page.id = Uuid::nil());
        black_box(paths.encode(&mut pages));
    }
}

fn plan_inserts(paths: &HotPaths, times: usize) {
    let insert = |number: usize| paths.encode(&mut page(number));
    let entries: Vec<Vec<u8>> = (0..1000).flat_map(insert).collect();
    for _ in 0..times {
        black_box(paths.plan(&entries, 256));
    }
}

fn plan_updates(paths: &HotPaths, times: usize) {
    let change = |number: u64| {
        let columns = Account::columns();
        let change = Account::change(number + 1).set(columns.balance, 5);
        paths.encode(change.add(columns.logins, 1))
    };
    let entries: Vec<Vec<u8>> = (0..1000).flat_map(change).collect();
    for _ in 0..times {
        black_box(paths.plan(&entries, 256));
    }
}

fn diff(_: &HotPaths, times: usize) {
    let account = Account {
        id: 7,
        email: "account@example.com".to_owned(),
        ..Account::default()
    };
    let mut account = HotPaths::stored(account);
    for time in 0..times {
        account.balance = time as i64 + 1;
        black_box(Tracked::dirty_columns(&account));
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, times] = arguments.as_slice() else {
        PATHS.iter().for_each(|(name, _)| println!("{name}"));
        return ExitCode::SUCCESS;
    };
    let path = PATHS.iter().find(|(known, _)| known == name);
    let (Some((_, path)), Ok(times)) = (path, times.parse()) else {
        eprintln!("beeorm-instructions: a path and a number, and not `{name} {times}`");
        return ExitCode::from(2);
    };
    path(&HotPaths::of([Page::schema(), Account::schema()]), times);
    ExitCode::SUCCESS
}
