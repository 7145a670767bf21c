//! The evidence with its cross references.

use std::collections::HashMap;

use beeorm_tests::record::{Effect, Kind, Told};

use crate::evidence::{Call, Evidence, Letter, Verdict, What};

/// What tells a change from every other one: nothing else in a run writes this mark, or takes it away.
pub(super) type Identity<'e> = (Kind, &'e str, u64);

pub(super) struct Case<'e> {
    pub(super) evidence: &'e Evidence,
    /// The calls, by the frames that they were told.
    pub(super) by_frame: HashMap<&'e str, usize>,
    /// The calls, and the places of their effects, by what they ask for.
    pub(super) asked: HashMap<Identity<'e>, Vec<(usize, usize)>>,
    /// The places in the log, by what was done.
    pub(super) done: HashMap<Identity<'e>, Vec<usize>>,
    pub(super) verdicts: HashMap<&'e str, Vec<Verdict>>,
    /// The dead letters of each call, by its frames or by the marks in its statements.
    pub(super) letters: HashMap<usize, Vec<&'e Letter>>,
    pub(super) letters_of_nobody: Vec<&'e Letter>,
}

/// What a producer knows of a call of its own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Known<'e> {
    /// It is in the stream: the entry, where it was told, and the frames, where they were.
    Acknowledged {
        entry: Option<(u64, u64)>,
        frames: &'e [String],
    },
    /// It is not.
    Refused,
    /// Either: the producer was killed, or nobody waited.
    Open,
}

impl Call {
    pub(super) fn known(&self) -> Known<'_> {
        match self.told.last() {
            Some(Told::Acknowledged { entry, frames }) => {
                let entry = entry.as_deref().and_then(|entry| {
                    let (millis, sequence) = entry.split_once('-')?;
                    Some((millis.parse().ok()?, sequence.parse().ok()?))
                });
                Known::Acknowledged { entry, frames }
            }
            Some(Told::Refused { .. }) => Known::Refused,
            Some(Told::Unknown { .. } | Told::Dropped) | None => Known::Open,
        }
    }
}

pub(super) fn identity(effect: &Effect) -> Identity<'_> {
    (effect.kind, &effect.table, effect.mark)
}

impl<'e> Case<'e> {
    pub(super) fn of(evidence: &'e Evidence) -> Self {
        let mut case = Self {
            evidence,
            by_frame: HashMap::new(),
            asked: HashMap::new(),
            done: HashMap::new(),
            verdicts: HashMap::new(),
            letters: HashMap::new(),
            letters_of_nobody: Vec::new(),
        };
        let mut by_mark = HashMap::new();
        for (place, call) in evidence.calls.iter().enumerate() {
            if let Known::Acknowledged { frames, .. } = call.known() {
                let frames = frames.iter().map(|frame| (frame.as_str(), place));
                case.by_frame.extend(frames);
            }
            for (number, effect) in call.effects.iter().enumerate() {
                case.asked
                    .entry(identity(effect))
                    .or_default()
                    .push((place, number));
                by_mark.insert(effect.mark, place);
            }
        }
        for (place, line) in evidence.log.iter().enumerate() {
            match &line.what {
                What::Change {
                    kind, table, mark, ..
                } => {
                    let identity = (*kind, table.as_str(), *mark);
                    case.done.entry(identity).or_default().push(place);
                }
                What::Verdict { frame, verdict } => {
                    case.verdicts.entry(frame).or_default().push(*verdict);
                }
            }
        }
        for letter in &evidence.letters {
            let by_frame = case.by_frame.get(letter.frame.as_str());
            let place = by_frame
                .copied()
                .or_else(|| marks(&letter.statements).find_map(|mark| by_mark.get(&mark).copied()));
            match place {
                Some(place) => case.letters.entry(place).or_default().push(letter),
                None => case.letters_of_nobody.push(letter),
            }
        }
        case
    }

    pub(super) fn times_done(&self, effect: &Effect) -> usize {
        self.done.get(&identity(effect)).map_or(0, Vec::len)
    }
}

/// The marks in the statements of a dead letter, which is text for people.
fn marks(statements: &str) -> impl Iterator<Item = u64> {
    statements.split("mark=").skip(1).filter_map(|rest| {
        let end = rest.find(|letter: char| !letter.is_ascii_digit());
        rest[..end.unwrap_or(rest.len())].parse().ok()
    })
}
