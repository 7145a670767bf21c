//! One caller that flushes one entity at a time, against a bare XADD of the same bytes.

use super::appends::{self, Appends, BARE};
use crate::{
    Bench, Fallible, by_hand,
    measure::{OURS, Rounds},
    report::{Line, Verdict},
    stage::{Network, STREAM},
};

pub(crate) async fn run(bench: &Bench) -> Fallible<Vec<Line>> {
    let mut line = Line::new(
        "1",
        "one `flush_lazy` of one entity of five columns, one caller, until acknowledged (p50)",
        "at most 1.2 × a bare XADD of the same bytes",
    );
    for network in Network::BOTH {
        let appends = Appends::open(&bench.stage, network).await?;
        let bytes = appends.bytes_of(1).await?;
        let calls = match network {
            Network::Loopback => bench.options.size(10_000, 1000),
            Network::Delayed => bench.options.size(1000, 100),
        };
        let rounds = Rounds::play(bench.options.rounds(), 2, async |side, _| {
            if side == OURS {
                let took = appends::ours(&appends.engine, calls, 1).await?;
                appends.check(STREAM, calls).await?;
                Ok(took)
            } else {
                let took = appends::bare(&appends.bare, calls, &bytes).await?;
                appends.check(by_hand::STREAM, calls).await?;
                Ok(took)
            }
        })
        .await?;
        let ratio = rounds.ratio(OURS, BARE, |calls| calls.p50_micros);
        let p50 = |side| rounds.spread(side, |calls| calls.p50_micros).median;
        let p99 = |side| rounds.spread(side, |calls| calls.p99_micros).median;
        let text = format!(
            "{ratio}; {:.0} µs to {:.0} µs, p99 {:.0} µs to {:.0} µs",
            p50(OURS),
            p50(BARE),
            p99(OURS),
            p99(BARE)
        );
        appends::figures(&mut line, &rounds, network);
        if network == Network::Loopback {
            line.verdict = Verdict::of(ratio.median <= 1.2);
        }
        line.say(network, text);
    }
    Ok(vec![line])
}
