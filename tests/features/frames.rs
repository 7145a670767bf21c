//! What is in the stream may be any bytes: they are frames that can be executed, or they are refused, and nothing
//! panics, runs on or takes memory for what is not there.

use beeorm::{conformance::Frames, prelude::*};
use proptest::{collection::vec, prelude::*};

use crate::entities::{Bee, Counter, Event, Hive, Keeper, Page};

/// In another pool, with two columns that together are unique.
#[derive(Entity, Debug, Default)]
#[entity(table = "cells", mysql = "second")]
struct Cell {
    #[entity(uuid)]
    id: u64,
    #[entity(unique = "place")]
    x: Option<i32>,
    #[entity(unique = "place")]
    y: i32,
    honey: f64,
}

fn frames() -> Frames {
    Frames::of([
        Event::schema(),
        Counter::schema(),
        Keeper::schema(),
        Page::schema(),
        Hive::schema(),
        Bee::schema(),
        Cell::schema(),
    ])
}

/// What choices make a frame of: more of them, a larger one.
fn choices() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![vec(any::<u8>(), 0..60), vec(any::<u8>(), 0..1500)]
}

/// Damage to a frame's bytes.
#[derive(Clone, Debug)]
enum Damage {
    FlipBit(usize, u8),
    /// Cut off from there on.
    Truncate(usize),
    Remove(usize, usize),
    /// As a length, a count or a number that lies.
    Insert(usize, Vec<u8>),
    Overwrite(usize, Vec<u8>),
    /// Some of it comes twice, or somewhere else.
    Splice {
        from: usize,
        to: usize,
        length: usize,
    },
}

fn damage() -> impl Strategy<Value = Damage> {
    let place = || any::<usize>();
    let lie = || {
        prop_oneof![
            vec(any::<u8>(), 1..12),
            // The numbers that lengths and counts break at.
            Just(vec![0xff; 9]),
            Just([&[0xff; 9][..], &[1]].concat()),
            Just(vec![0xff, 0xff, 0xff, 0xff, 0x0f]),
            Just(vec![0x80, 0x80, 0x80, 0x80, 0x08]),
            Just(vec![0x80, 0x00]),
            Just(vec![0x7f]),
        ]
    };
    prop_oneof![
        (place(), 0..8_u8).prop_map(|(at, bit)| Damage::FlipBit(at, bit)),
        place().prop_map(Damage::Truncate),
        (place(), 0..20_usize).prop_map(|(at, count)| Damage::Remove(at, count)),
        (place(), lie()).prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
        (place(), lie()).prop_map(|(at, bytes)| Damage::Overwrite(at, bytes)),
        (place(), place(), 0..60_usize).prop_map(|(from, to, length)| Damage::Splice {
            from,
            to,
            length
        }),
    ]
}

impl Damage {
    fn befall(&self, bytes: &mut Vec<u8>) {
        let length = bytes.len();
        let within = |place: usize| place % length.max(1);
        let until = |place: usize, count: usize| (within(place) + count).min(length);
        match self {
            Self::FlipBit(at, bit) => {
                if let Some(byte) = bytes.get_mut(within(*at)) {
                    *byte ^= 1 << bit;
                }
            }
            Self::Truncate(at) => bytes.truncate(within(*at)),
            Self::Remove(at, count) => {
                bytes.drain(within(*at).min(length)..until(*at, *count));
            }
            Self::Insert(at, lie) => {
                let at = within(*at).min(length);
                bytes.splice(at..at, lie.iter().copied());
            }
            Self::Overwrite(at, lie) => {
                let at = within(*at).min(length);
                bytes.splice(at..until(at, lie.len()), lie.iter().copied());
            }
            Self::Splice { from, to, length } => {
                let part = bytes[within(*from)..until(*from, *length)].to_vec();
                let to = within(*to);
                bytes.splice(to..to, part);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_batch_comes_back_as_it_was(choices in choices()) {
        let frames = frames();
        let bytes = frames.write(&choices);
        prop_assert_eq!(frames.execute(&[bytes]), 1);
    }

    #[test]
    fn any_bytes_are_refused_or_executed(bytes in vec(any::<u8>(), 0..200), head in 0..20_usize) {
        let frames = frames();
        // Behind the head of a frame, or whole.
        let whole = frames.write(&bytes);
        frames.execute(&[bytes.clone(), [&whole[..head], &bytes].concat()]);
    }

    #[test]
    fn damaged_frames_are_refused_or_executed(
        choices in vec(choices(), 1..4),
        damages in vec(vec(damage(), 0..4), 1..4),
    ) {
        let frames = frames();
        let entries: Vec<Vec<u8>> = choices.iter().zip(damages.iter().cycle()).map(|(choices, damages)| {
            let mut bytes = frames.write(choices);
            for damage in damages {
                if !bytes.is_empty() {
                    damage.befall(&mut bytes);
                }
            }
            bytes
        }).collect();
        frames.execute(&entries);
    }
}
