//! Each acknowledged call comes to one end, and to the one that it must.

use std::collections::HashSet;

use beeorm_tests::record::Expected;

use super::{
    case::{Case, Known},
    findings::{Finding, Findings},
};
use crate::evidence::{Call, Verdict};

/// What became of a call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Fate {
    Came(Verdict),
    /// It came to no end.
    None,
    /// It is not in the stream.
    Refused,
    /// It may be, or not.
    Open,
}

pub(super) fn judge(case: &Case<'_>, findings: &mut Findings) -> Vec<Fate> {
    let calls = case.evidence.calls.iter().enumerate();
    let fates: Vec<Fate> = calls
        .map(|(place, call)| fate(case, place, call, findings))
        .collect();
    let unwritten = unwritten(case, &fates);
    for (place, (call, fate)) in case.evidence.calls.iter().zip(&fates).enumerate() {
        letters(case, place, *fate, findings);
        match fate {
            Fate::Came(verdict) => came(place, call, *verdict, &unwritten, findings),
            Fate::None => none(case, place, call, findings),
            Fate::Refused => {}
            Fate::Open => {
                findings.open += 1;
                let done = call
                    .effects
                    .iter()
                    .any(|effect| case.times_done(effect) > 0);
                findings.open_applied += usize::from(done);
            }
        }
    }
    strangers(case, &fates, findings);
    fates
}

fn fate(case: &Case<'_>, place: usize, call: &Call, findings: &mut Findings) -> Fate {
    let frames = match call.known() {
        Known::Refused => return Fate::Refused,
        Known::Open => return Fate::Open,
        Known::Acknowledged { frames, .. } => frames,
    };
    findings.acked += 1;
    let Some(frame) = frames.first() else {
        // The receipt was lost with the first answer: told by what is there.
        let done = call
            .effects
            .iter()
            .any(|effect| case.times_done(effect) > 0);
        return match call.expect {
            _ if case.letters.contains_key(&place) => Fate::Came(Verdict::Dead),
            Expected::Dead if !done => Fate::None,
            Expected::Skipped if !done => Fate::Came(Verdict::Skipped),
            _ => Fate::Came(Verdict::Applied),
        };
    };
    match case.verdicts.get(frame.as_str()).map(Vec::as_slice) {
        Some([verdict]) => Fate::Came(*verdict),
        Some([verdict, ..]) => {
            findings
                .duplicated
                .push(Finding::of(place, "its frame got several verdicts"));
            Fate::Came(*verdict)
        }
        Some([]) | None => Fate::None,
    }
}

/// A row or a unique value.
type Touched<'e> = (&'e str, &'e str);

fn touched(call: &Call) -> impl Iterator<Item = Touched<'_>> {
    call.effects.iter().flat_map(|effect| {
        let names = effect.key.iter().chain(&effect.orders);
        names.map(|name| (effect.table.as_str(), name.as_str()))
    })
}

/// Whether a Redis that writes to its disk once a second may have forgotten it.
fn may_be_unwritten(case: &Case<'_>, call: &Call) -> bool {
    let Known::Acknowledged {
        entry: Some((millis, _)),
        ..
    } = call.known()
    else {
        return false;
    };
    let mut times = case.evidence.unwritten.iter();
    times.any(|(from, to)| (*from..=*to).contains(&millis))
}

/// What those touch that Redis may have forgotten, and that came to no end.
fn unwritten<'e>(case: &Case<'e>, fates: &[Fate]) -> HashSet<Touched<'e>> {
    let calls = case.evidence.calls.iter().zip(fates);
    let gone = calls.filter(|(call, fate)| **fate == Fate::None && may_be_unwritten(case, call));
    gone.flat_map(|(call, _)| touched(call)).collect()
}

fn came(
    place: usize,
    call: &Call,
    verdict: Verdict,
    unwritten: &HashSet<Touched<'_>>,
    findings: &mut Findings,
) {
    match verdict {
        Verdict::Applied => findings.applied += 1,
        Verdict::Dead => findings.dead += 1,
        Verdict::Skipped => findings.skipped += 1,
    }
    match (call.expect, verdict) {
        (Expected::Applied, Verdict::Applied)
        | (Expected::Dead, Verdict::Dead)
        | (Expected::Skipped, Verdict::Skipped) => {}
        // It was to follow one that is gone.
        (Expected::Applied, Verdict::Dead)
            if touched(call).any(|touched| unwritten.contains(&touched)) =>
        {
            findings.lost_with_redis += 1;
        }
        (Expected::Applied, Verdict::Dead) => findings.lost.push(Finding::of(
            place,
            "it was dead-lettered, and nothing was wrong with it",
        )),
        (Expected::Applied, Verdict::Skipped) => {
            findings.lost.push(Finding::of(
                place,
                "it was skipped, and nobody asked for that",
            ));
        }
        (Expected::Dead | Expected::Skipped, _) => {
            let what = format!("it was {verdict:?}, and had to be {:?}", call.expect);
            findings.unresolved.push(Finding::of(place, what));
        }
    }
}

fn none(case: &Case<'_>, place: usize, call: &Call, findings: &mut Findings) {
    let Known::Acknowledged { frames, .. } = call.known() else {
        return;
    };
    if frames
        .iter()
        .any(|frame| case.evidence.waiting.contains(frame))
    {
        findings
            .unresolved
            .push(Finding::of(place, "it is still in the channel"));
    } else if call
        .effects
        .iter()
        .any(|effect| case.times_done(effect) > 0)
    {
        findings
            .unresolved
            .push(Finding::of(place, "it took effect and got no verdict"));
    } else if may_be_unwritten(case, call) {
        findings.lost_with_redis += 1;
    } else {
        findings.lost.push(Finding::of(
            place,
            "it was acknowledged, and there is no trace of it",
        ));
    }
}

/// A call that died has one letter that says everything, and no other call has any.
fn letters(case: &Case<'_>, place: usize, fate: Fate, findings: &mut Findings) {
    let letters = case.letters.get(&place).map_or(&[][..], Vec::as_slice);
    let (most, least) = match fate {
        Fate::Came(Verdict::Dead) => (1, 1),
        Fate::Open | Fate::None => (1, 0),
        Fate::Came(_) | Fate::Refused => (0, 0),
    };
    if letters.len() > most {
        let what = format!("{} dead letters, and its fate is {fate:?}", letters.len());
        findings.duplicated.push(Finding::of(place, what));
    }
    if letters.len() < least {
        findings
            .unresolved
            .push(Finding::of(place, "it died without a dead letter"));
    }
    for letter in letters {
        let has_all = !letter.statements.is_empty() && !letter.error.is_empty();
        if !has_all || letter.bytes == 0 || letter.attempts == 0 {
            findings.unresolved.push(Finding::of(
                place,
                "its dead letter does not say everything",
            ));
        }
        if case.verdicts.get(letter.frame.as_str()).map(Vec::as_slice) != Some(&[Verdict::Dead]) {
            findings
                .duplicated
                .push(Finding::of(place, "its dead letter is not its only end"));
        }
    }
}

/// Verdicts and letters that no receipt speaks of belong to calls whose receipts were lost.
fn strangers(case: &Case<'_>, fates: &[Fate], findings: &mut Findings) {
    for letter in &case.letters_of_nobody {
        let what = format!("a dead letter of nobody's: {letter:?}");
        findings.unresolved.push(Finding::of_none(what));
    }
    let unknown = case
        .verdicts
        .iter()
        .filter(|(frame, _)| !case.by_frame.contains_key(*frame));
    let (mut verdicts, mut skips) = (0, 0);
    for (_, of_frame) in unknown {
        verdicts += of_frame.len();
        skips += of_frame
            .iter()
            .filter(|verdict| **verdict == Verdict::Skipped)
            .count();
    }
    let without_receipt = |call: &Call| match call.known() {
        Known::Open => true,
        Known::Acknowledged { frames, .. } => frames.is_empty(),
        Known::Refused => false,
    };
    let calls = case
        .evidence
        .calls
        .iter()
        .zip(fates)
        .filter(|(call, _)| without_receipt(call));
    let (mut possible, mut skipped) = (0, 0);
    for (_, fate) in calls {
        possible += 1;
        skipped += usize::from(*fate == Fate::Came(Verdict::Skipped));
    }
    if verdicts > possible {
        let what = format!(
            "{verdicts} verdicts on frames that no receipt speaks of, and {possible} lost receipts"
        );
        findings.duplicated.push(Finding::of_none(what));
    }
    if skips < skipped {
        let what = format!("{skipped} calls without receipts had to be skipped, and {skips} were");
        findings.unresolved.push(Finding::of_none(what));
    }
}
