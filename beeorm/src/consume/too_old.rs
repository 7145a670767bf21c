//! Frames that come back when the inbox has forgotten that time: nobody knows whether they were applied.

use super::{
    Run,
    batch::{Incoming, SetAside, find_done},
    bounded::Bounded,
    conclude,
    own::Ownership,
    work::Ended,
};
use crate::database::{DatabaseError, horizon};

/// Dead-letters those of the frames that are older than the inbox remembers, unless it still does; gives those that
/// are left, and the entries that could not even be buried.
pub(super) async fn give_up<'f, 'e>(
    run: &Run,
    ownership: &Ownership,
    pool: &str,
    part: Vec<&'f Incoming<'e>>,
) -> Result<(Vec<&'f Incoming<'e>>, SetAside), Ended> {
    let watermark = watermark(run, pool).await?;
    let ids: Vec<_> = part.iter().map(|incoming| incoming.frame.id).collect();
    let done = find_done(run, pool, &ids).await?;
    run.counters.duplicates.add(done.len());
    let (mut left, mut aside) = (Vec::new(), SetAside::new());
    for incoming in part {
        let id = incoming.frame.id;
        if done.contains(&id) {
            continue;
        }
        if horizon::made_millis(id) < watermark {
            let kept = conclude::too_old(run, ownership, pool, incoming).await?;
            aside.extend(kept.map(|reason| incoming.set_aside(reason)));
        } else {
            left.push(incoming);
        }
    }
    Ok((left, aside))
}

/// Waits for a database that is away.
async fn watermark(run: &Run, pool: &str) -> Result<u64, Ended> {
    let mut failures = 0;
    loop {
        let read = async {
            let database = run.database(pool)?;
            let mut session = Bounded::open(run, &**database).await?;
            Ok::<_, DatabaseError>(horizon::read(&mut session).await?)
        };
        match read.await {
            Ok(watermark) => return Ok(watermark),
            Err(error) => run.away(&error, pool, &mut failures).await?,
        }
    }
}
