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

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// All was as it must be.
    Good,
    /// It was, until it was tampered with on purpose.
    TamperedWith,
    Bad,
}

/// Plays what the options say.
pub(crate) async fn play(stage: &Stage, journal: &Journal, options: &Options) -> Fallible<Ended> {
    let good = match options.scenario {
        Scenario::Faults | Scenario::Everysec | Scenario::Clocks => {
            return faults::play(stage, journal, options).await;
        }
        Scenario::Standbys => standbys::play(stage, journal, options).await?,
        Scenario::Away => away::play(stage, journal, options).await?,
        Scenario::Backlog => backlog::play(stage, journal, options).await?,
    };
    Ok(if good { Ended::Good } else { Ended::Bad })
}

/// Ends the run and looks at what there is.
async fn conclude(
    stage: &Stage,
    journal: &Journal,
    cast: Mutex<Cast<'_>>,
    garbage: &Garbage,
) -> Fallible<Findings> {
    let disobeyed = drain::drain(stage, journal, &mut cast.into_inner()).await?;
    judge(stage, journal, garbage, disobeyed).await
}

async fn judge(
    stage: &Stage,
    journal: &Journal,
    garbage: &Garbage,
    disobeyed: Vec<String>,
) -> Fallible<Findings> {
    journal.note("the audit begins");
    let evidence = Evidence::gather(stage, garbage).await?;
    let mut findings = verdict::judge(&evidence);
    findings.add_disobeyed(disobeyed);
    findings.print(&evidence);
    Ok(findings)
}
