//! Statistics that tell the truth: of the stream, its group, and what waits.

use std::time::Duration;

use beeorm::prelude::*;

use crate::support::{PATIENCE, drain, engine, on_every_backend, run, until};

#[derive(Entity, Debug, Default)]
struct Visit {
    #[entity(uuid)]
    id: Uuid,
    path: String,
}

fn visits(count: usize) -> Vec<Visit> {
    (0..count)
        .map(|number| Visit {
            path: format!("/{number}"),
            ..Visit::default()
        })
        .collect()
}

on_every_backend! {
    async fn of_the_stream(backend: Backend) {
        let engine = engine(backend.registry().entity::<Visit>()).await;
        let broker = engine.event_broker();
        let empty = broker.stream_statistics(LAZY_CHANNEL).await.unwrap();
        assert_eq!((empty.len, empty.oldest_event), (0, None));
        engine.flush_lazy(&mut visits(3)).await.unwrap();
        engine.flush_lazy(&mut visits(2)).await.unwrap();
        tokio::time::sleep(Duration::from_millis(30)).await;
        let statistics = broker.stream_statistics(LAZY_CHANNEL).await.unwrap();
        assert_eq!((statistics.stream.as_str(), statistics.pool.as_str()), (LAZY_CHANNEL, DEFAULT_POOL));
        assert_eq!((statistics.len, statistics.frames, statistics.statements, statistics.counted), (2, 2, 5, 2));
        // Nobody consumes: the age of what waits is not 0 for that.
        assert!(statistics.oldest_event.unwrap() >= Duration::from_millis(30), "{statistics:?}");
        assert_eq!(statistics.groups.len(), 1);
        let json = serde_json::to_value(&statistics).unwrap();
        assert_eq!(json["oldest_event_millis"], u64::try_from(statistics.oldest_event.unwrap().as_millis()).unwrap());
        assert!(json["groups"][0]["lower_millis"].is_u64(), "{json}");
        assert!(json["groups"][0]["last_delivered_millis"].is_null(), "{json}");
        drain(&engine).await;
        let drained = broker.stream_statistics(LAZY_CHANNEL).await.unwrap();
        assert_eq!((drained.len, drained.oldest_event, drained.statements), (0, None, 0));
    }

    async fn of_as_many_entries_as_there_are(backend: Backend) {
        let engine = engine(backend.registry().entity::<Visit>()).await;
        engine.flush_lazy(&mut visits(3)).await.unwrap();
        let broker = engine.event_broker();
        assert_eq!(broker.waiting(LAZY_CHANNEL, usize::MAX).await.unwrap().len(), 1);
        assert_eq!(broker.set_aside(LAZY_CHANNEL, usize::MAX).await.unwrap().len(), 0);
    }

    async fn of_the_group(backend: Backend) {
        let engine = engine(backend.registry().entity::<Visit>()).await;
        let broker = engine.event_broker();
        for _ in 0..4 {
            engine.flush_lazy(&mut visits(1)).await.unwrap();
        }
        tokio::time::sleep(Duration::from_millis(30)).await;
        let before = broker.stream_group_statistics(LAZY_CHANNEL, BACKGROUND_CONSUMER_GROUP).await.unwrap();
        assert_eq!((before.group.as_str(), before.lag, before.pending), (BACKGROUND_CONSUMER_GROUP, 4, 0));
        assert!(before.lower.unwrap() >= Duration::from_millis(30), "{before:?}");
        assert!(before.lower_id.is_some());
        drain(&engine).await;
        let after = broker.stream_group_statistics(LAZY_CHANNEL, BACKGROUND_CONSUMER_GROUP).await.unwrap();
        assert_eq!((after.lag, after.pending, after.lower_id.clone()), (0, 0, None));
        assert!(after.last_delivered_id.is_some());
        let unknown = broker.stream_group_statistics(LAZY_CHANNEL, "other").await;
        assert!(matches!(unknown, Err(Error::GroupNotRegistered { .. })));
        assert!(matches!(broker.stream_statistics("other").await, Err(Error::StreamNotRegistered { .. })));
    }

    async fn a_group_that_nobody_consumes_has_no_consumers(backend: Backend) {
        let engine = engine(backend.registry().entity::<Visit>()).await;
        let group = async || {
            let broker = engine.event_broker();
            broker.stream_group_statistics(LAZY_CHANNEL, BACKGROUND_CONSUMER_GROUP).await.unwrap()
        };
        let before = group().await;
        assert_eq!((before.consuming, before.consumers.len()), (false, 0));
        let running = run(engine.background_consumer());
        until("a consumer owns the channel", PATIENCE, async || group().await.consuming).await;
        engine.flush_lazy(&mut visits(1)).await.unwrap();
        until("it has executed what there was", PATIENCE, async || {
            let group = group().await;
            (group.lag, group.pending) == (0, 0)
        })
        .await;
        // An idle one is one still; on a machine with much to do its heart may be late.
        until("it is seen while it is idle", PATIENCE, async || {
            let group = group().await;
            let idle = group.consumers.first();
            idle.is_some_and(|idle| idle.alive && idle.pending == 0 && idle.last_heartbeat.is_some())
        })
        .await;
        running.stop().await;
        let after = group().await;
        assert_eq!((after.consuming, after.consumers.len()), (false, 0), "{after:?}");

        let dies = run(engine.background_consumer());
        until("another owns the channel", PATIENCE, async || group().await.consuming).await;
        dies.abort().await;
        until("its silence is seen", PATIENCE, async || !group().await.consuming).await;
        let after = group().await;
        assert!(after.consumers.iter().all(|dead| !dead.alive), "{after:?}");
    }

    async fn what_waits_is_shown_decoded(backend: Backend) {
        let engine = engine(backend.registry().entity::<Visit>()).await;
        let mut visit = Visit { path: "/home".to_owned(), ..Visit::default() };
        let receipt = engine.flush_lazy(&mut visit).await.unwrap();
        let waiting = engine.event_broker().waiting(LAZY_CHANNEL, 10).await.unwrap();
        assert_eq!(waiting.len(), 1);
        let json = serde_json::to_value(&waiting[0]).unwrap();
        assert_eq!(json["age_millis"], u64::try_from(waiting[0].age.as_millis()).unwrap());
        assert_eq!(waiting[0].frame_id, Some(receipt.frame_ids()[0]));
        let statement = &waiting[0].statements[0];
        assert_eq!((statement.operation, statement.table), ("INSERT", "visit"));
        assert_eq!(statement.key, Some(beeorm::Value::Uuid(visit.id)));
        assert!(statement.values.contains(&("path".to_owned(), beeorm::Value::Text("/home".to_owned()))));
    }
}
