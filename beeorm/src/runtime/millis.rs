//! Durations as JSON has them: whole milliseconds, and a field's name that says so.

use std::time::Duration;

use serde::Serializer;

pub(crate) fn duration<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(count(*time))
}

pub(crate) fn optional<S: Serializer>(
    time: &Option<Duration>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => serializer.serialize_some(&count(*time)),
        None => serializer.serialize_none(),
    }
}

fn count(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
