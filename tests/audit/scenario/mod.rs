//! What can be played; each ends with a line of figures and says whether they are good.

mod away;
mod backlog;
mod faults;
mod standbys;

use tokio::sync::Mutex;

use crate::{
    Fallible,
    cast::Cast,
    drain,
    evidence::Evidence,
    faults::Garbage,
    journal::Journal,
    options::{Options, Scenario},
    stage::Stage,
    verdict::{self, Findings},
};

/// Plays what the options say; whether all was as it must be.
pub(crate) async fn play(stage: &Stage, journal: &Journal, options: &Options) -> Fallible<bool> {
    match options.scenario {
        Scenario::Faults | Scenario::Everysec => faults::play(stage, journal, options).await,
        Scenario::Standbys => standbys::play(stage, journal, options).await,
        Scenario::Away => away::play(stage, journal, options).await,
        Scenario::Backlog => backlog::play(stage, journal, options).await,
    }
}

/// Ends the run and looks at what there is.
async fn conclude(
    stage: &Stage,
    journal: &Journal,
    cast: Mutex<Cast<'_>>,
    garbage: &Garbage,
) -> Fallible<Findings> {
    drain::drain(stage, journal, &mut cast.into_inner()).await?;
    judge(stage, journal, garbage).await
}

async fn judge(stage: &Stage, journal: &Journal, garbage: &Garbage) -> Fallible<Findings> {
    journal.note("the audit begins");
    let evidence = Evidence::gather(stage, garbage).await?;
    let findings = verdict::judge(&evidence);
    findings.print(&evidence);
    Ok(findings)
}
