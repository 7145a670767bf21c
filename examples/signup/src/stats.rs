//! What waits, and what has died.

use axum::{Json, extract::State};
use beeorm::{BACKGROUND_CONSUMER_GROUP, Error, LAZY_CHANNEL};
use serde_json::{Map, Value, json};

use crate::{
    refusal::{Refusal, away},
    routes::Service,
};

/// `GET /stats`: the stream's and the group's figures with BeeORM's names, where the consumer runs, and how many
/// flushes the database refused for good. What cannot be told, as its server is away, is null, and `unavailable` says
/// why; 503 where nothing can be told.
pub(crate) async fn show(State(service): State<Service>) -> Result<Json<Value>, Refusal> {
    let (broker, letters) = (service.engine.event_broker(), service.engine.dead_letters());
    let of_stream = async {
        let stream = broker.stream_statistics(LAZY_CHANNEL).await?;
        let group = broker.stream_group_statistics(LAZY_CHANNEL, BACKGROUND_CONSUMER_GROUP);
        Ok::<_, Error>((stream, group.await?))
    };
    let (of_stream, dead_letters) = tokio::join!(of_stream, letters.count());
    let mut unavailable = Map::new();
    let mut missing = |part: &str, error: &Error| {
        tracing::warn!(part, %error, "/stats cannot tell");
        unavailable.insert(part.to_owned(), away(error).into());
    };
    if let (Err(error), Err(_)) = (&of_stream, &dead_letters) {
        return Err(Refusal::unavailable(error));
    }
    let (stream, group) = of_stream
        .inspect_err(|error| {
            missing("stream", error);
            missing("group", error);
        })
        .ok()
        .unzip();
    let dead_letters = dead_letters
        .inspect_err(|error| missing("dead_letters", error))
        .ok();
    let mut stats = json!({
        "stream": stream,
        "group": group,
        "consumer": service.consumer.name(),
        "dead_letters": dead_letters,
    });
    if !unavailable.is_empty() {
        stats["unavailable"] = unavailable.into();
    }
    Ok(Json(stats))
}
