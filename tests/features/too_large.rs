//! Frames that a database does not take any more, nor their dead letters.

use beeorm::{LAZY_CHANNEL, prelude::*};
use sqlx::{Connection, MySqlConnection, raw_sql};

use crate::support::{drain, engine, own_servers, servers};

#[derive(Entity, Debug, Default)]
#[entity(table = "letters")]
struct Letter {
    #[entity(primary_key)]
    id: u32,
    #[entity(length = max)]
    text: String,
}

/// They are set aside whole, and what is behind them goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn since_its_limit_was_lowered_they_are_set_aside() {
    if servers().kind == "given" {
        eprintln!("the settings of given servers are not the tests' to change");
        return;
    }
    let own = own_servers();
    let mut sql = MySqlConnection::connect(&own.mysql).await.unwrap();
    raw_sql("CREATE DATABASE too_large")
        .execute(&mut sql)
        .await
        .unwrap();
    let registry = || {
        Registry::new()
            .pool(DEFAULT_POOL, format!("{}/too_large", own.mysql))
            .pool(DEFAULT_POOL, &own.redis)
            .entity::<Letter>()
    };
    let before = engine(registry()).await;
    for (id, length) in [(1, 10), (2, 3 << 20), (3, 10)] {
        let text = "b".repeat(length);
        let mut letter = before.track(Letter { id, text }).unwrap();
        before.flush_lazy(&mut letter).await.unwrap();
    }
    raw_sql("SET GLOBAL max_allowed_packet = 1048576")
        .execute(&mut sql)
        .await
        .unwrap();
    let after = registry().connect().await.unwrap();
    let report = drain(&after).await;
    assert_eq!(
        (report.applied, report.dead, report.set_aside),
        (2, 0, 1),
        "{report:?}"
    );
    let aside = after
        .event_broker()
        .set_aside(LAZY_CHANNEL, 10)
        .await
        .unwrap();
    let (reason, frames) = (&aside[0].reason, &aside[0].values);
    assert!(reason.contains("max_allowed_packet"), "{reason}");
    assert!(frames[0].len() > 3 << 20, "not all of it was kept");
}
