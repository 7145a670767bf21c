//! Many callers at a time, each with one entity, against bare XADDs from as many tasks.

use super::appends::{self, Appends, BARE};
use crate::{
    Bench, Fallible, by_hand,
    measure::{OURS, Rounds},
    report::{Line, Verdict},
    stage::{Network, STREAM},
};

pub(crate) async fn run(bench: &Bench) -> Fallible<Vec<Line>> {
    let mut lines = Vec::new();
    for callers in [64, 256] {
        let mut line = Line::new(
            "2",
            format!("{callers} callers at a time, one entity each"),
            format!(
                "at least 3 × the throughput of bare XADDs from {callers} tasks on one client; p99 no worse"
            ),
        );
        for network in Network::BOTH {
            let appends = Appends::open(&bench.stage, network).await?;
            let bytes = appends.bytes_of(1).await?;
            let all = bench.options.size(40_960, 5120);
            let calls = all / callers;
            let rounds = Rounds::play(bench.options.rounds(), 2, async |side, _| {
                if side == OURS {
                    let took = appends::ours_at_once(&appends.engine, callers, calls).await?;
                    appends.check(STREAM, callers * calls).await?;
                    Ok(took)
                } else {
                    let took = appends::bare_at_once(&appends.bare, callers, calls, &bytes).await?;
                    appends.check(by_hand::STREAM, callers * calls).await?;
                    Ok(took)
                }
            })
            .await?;
            let rates = rounds.ratio(OURS, BARE, |calls| calls.rate);
            let tails = rounds.ratio(OURS, BARE, |calls| calls.p99_micros);
            let text = format!(
                "{rates}; {:.0} a second to {:.0}; p99 {tails}",
                rounds.spread(OURS, |calls| calls.rate).median,
                rounds.spread(BARE, |calls| calls.rate).median,
            );
            appends::figures(&mut line, &rounds, network);
            if network == Network::Loopback {
                line.verdict = Verdict::of(rates.median >= 3.0 && tails.median <= 1.0);
            }
            line.say(network, text);
        }
        lines.push(line);
    }
    Ok(lines)
}
