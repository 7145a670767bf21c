//! The end of a run: nothing is disturbed any more, and the consumers finish what there is.

use std::time::{Duration, Instant};

use crate::{Fallible, cast::Cast, journal::Journal, stage::Stage};

/// So long without progress, and what is left is left.
const STUCK: Duration = Duration::from_secs(90);

/// Stops the producers, waits until the channel is empty, stops the consumers, and tells of those that did not end as
/// they should. What was not to be had is for the auditor to find.
pub(crate) async fn drain(
    stage: &Stage,
    journal: &Journal,
    cast: &mut Cast<'_>,
) -> Fallible<Vec<String>> {
    stage.heal().await;
    journal.note("the producers are stopped");
    cast.stop_producers().await;
    let (mut least, mut since, mut told) = (u64::MAX, Instant::now(), Instant::now());
    loop {
        cast.supervise()?;
        let waiting = stage.waiting().await;
        match waiting {
            Some(0) => break,
            Some(count) if count < least => (least, since) = (count, Instant::now()),
            _ if since.elapsed() > STUCK => {
                journal.note(&format!("nothing was executed for {STUCK:?}"));
                break;
            }
            _ => {}
        }
        if told.elapsed() > Duration::from_secs(5) {
            told = Instant::now();
            journal.progress(stage, waiting);
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    journal.note("the consumers are stopped");
    Ok(cast.stop_consumers().await)
}
