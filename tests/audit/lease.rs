//! Who owns the channel: a token in Redis, and the consumer that has told in its log that the token is its own.

use std::{fs, time::Duration};

use crate::stage::{STREAM, Stage};

/// Redis may be paused.
const SOON: Duration = Duration::from_millis(500);

/// The token of the one that owns the channel.
pub(crate) async fn owner(stage: &Stage) -> Option<String> {
    let lease = format!("{{{STREAM}}}:lease");
    let ask = async {
        let mut redis = stage.redis().await.ok()?;
        redis.command(["HGET", &lease, "token"]).await.ok()
    };
    let token = tokio::time::timeout(SOON, ask).await.ok()??.text();
    (!token.is_empty()).then_some(token)
}

/// The name of the consumer whose token it is.
pub(crate) fn holder(stage: &Stage, token: &str) -> Option<String> {
    let logs = stage.files("consumer-").ok()?;
    let own = format!("owner={token}");
    let tells = logs.into_iter().find(|log| {
        let text = fs::read(log).unwrap_or_default();
        String::from_utf8_lossy(&text).contains(&own)
    });
    Some(tells?.file_stem()?.to_str()?.to_owned())
}
