//! Any bytes, as what is in the stream: refused, or read, planned and executed. And as choices that make a frame,
//! which has to come back as it was, and whose neighbours, changed in a few bytes, are read too.
#![no_main]

use std::sync::LazyLock;

use beeorm::{conformance::Frames, prelude::*};
use libfuzzer_sys::fuzz_target;

#[derive(Entity, Debug, Default)]
#[entity(table = "h")]
struct Hive {
    #[entity(primary_key)]
    id: u32,
    honey: i64,
}

#[derive(Entity, Debug, Default)]
#[entity(table = "b")]
struct Bee {
    #[entity(primary_key)]
    id: u32,
    hive: Option<Reference<Hive>>,
    #[entity(unique)]
    name: String,
    trips: u64,
}

static FRAMES: LazyLock<Frames> = LazyLock::new(|| Frames::of([Hive::schema(), Bee::schema()]));

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, rest)) = bytes.split_first() else {
        return;
    };
    if kind % 2 == 0 {
        FRAMES.execute(&[rest.to_vec()]);
        return;
    }
    // The first few bytes say what is changed, the others make the frame.
    let (changes, choices) = rest.split_at(rest.len().min(6));
    let mut frame = FRAMES.write(choices);
    assert_eq!(FRAMES.execute(&[frame.clone()]), 1);
    for change in changes.chunks_exact(3) {
        let place = usize::from(u16::from_le_bytes([change[0], change[1]])) % frame.len();
        frame[place] = change[2];
    }
    FRAMES.execute(&[frame]);
});
