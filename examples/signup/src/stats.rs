//! What waits, and what has died.

use axum::{Json, extract::State};
use beeorm::{BACKGROUND_CONSUMER_GROUP, LAZY_CHANNEL};
use serde_json::{Value, json};

use crate::{refusal::Refusal, routes::Service};

/// `GET /stats`: the stream's and the group's figures with BeeORM's names, where the consumer runs, and how many
/// flushes the database refused for good.
pub(crate) async fn show(State(service): State<Service>) -> Result<Json<Value>, Refusal> {
    let broker = service.engine.event_broker();
    let stream = broker.stream_statistics(LAZY_CHANNEL).await?;
    let group = broker
        .stream_group_statistics(LAZY_CHANNEL, BACKGROUND_CONSUMER_GROUP)
        .await?;
    let dead_letters = service.engine.dead_letters().count().await?;
    Ok(Json(json!({
        "stream": stream,
        "group": group,
        "consumer": service.consumer.name(),
        "dead_letters": dead_letters,
    })))
}
