//! A hundred entities in one call, against a bare XADD of the bytes that come of them.

use super::appends::{self, Appends, BARE};
use crate::{
    Bench, Fallible, by_hand,
    measure::{OURS, Rounds},
    report::{Line, Verdict},
    stage::{Network, STREAM},
};

const ENTITIES: usize = 100;

pub(crate) async fn run(bench: &Bench) -> Fallible<Vec<Line>> {
    let mut line = Line::new(
        "3",
        "`flush_lazy` of 100 entities in one call, rows a second",
        "at least 0.7 × one bare XADD of the same bytes, encoded before",
    );
    let appends = Appends::open(&bench.stage, Network::Loopback).await?;
    let bytes = appends.bytes_of(ENTITIES).await?;
    let calls = bench.options.size(1000, 100);
    let rounds = Rounds::play(bench.options.rounds(), 2, async |side, _| {
        if side == OURS {
            let took = appends::ours(&appends.engine, calls, ENTITIES).await?;
            appends.check(STREAM, calls).await?;
            Ok(took)
        } else {
            let took = appends::bare(&appends.bare, calls, &bytes).await?;
            appends.check(by_hand::STREAM, calls).await?;
            Ok(took)
        }
    })
    .await?;
    let ratio = rounds.ratio(OURS, BARE, |calls| calls.rate);
    let rows = |side| rounds.spread(side, |calls| calls.rate).median * ENTITIES as f64;
    appends::figures(&mut line, &rounds, Network::Loopback);
    line.verdict = Verdict::of(ratio.median >= 0.7);
    line.measured = format!(
        "{ratio}; {:.0} rows a second to {:.0}, {} bytes an entry",
        rows(OURS),
        rows(BARE),
        bytes.len()
    );
    Ok(vec![line])
}
