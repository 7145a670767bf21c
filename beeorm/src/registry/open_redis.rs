//! Opens a Redis pool: what its server's settings make impossible is refused, what they make risky is warned of.

use std::{sync::Arc, time::Duration};

use super::{
    ConfigError,
    open::{Streams, channels, unreachable_pool},
    pool::{Pool, StreamPlace},
};
use crate::{
    redis::{self, Client, Eviction, Persistence, Policy, RIGHTS, RedisError, RedisOptions},
    runtime::Runtime,
    stream::redis::RedisStream,
};

pub(super) async fn redis(
    pool: &Pool,
    places: &[StreamPlace],
    runtime: &Runtime,
) -> Result<Streams, Vec<ConfigError>> {
    let client = Arc::new(
        redis::open(&options(pool, runtime))
            .await
            .map_err(|error| vec![failed(pool, error)])?,
    );
    let streams = channels(pool, places, |name, group| {
        Arc::new(RedisStream::new(Arc::clone(&client), name, group))
    });
    let mistakes = match look(pool, &client, !streams.is_empty(), runtime).await {
        Ok(mistakes) => mistakes,
        Err(error) => vec![failed(pool, error)],
    };
    if streams.is_empty() || !mistakes.is_empty() {
        client.close().await;
    }
    if mistakes.is_empty() {
        Ok(streams)
    } else {
        Err(mistakes)
    }
}

fn options(pool: &Pool, runtime: &Runtime) -> RedisOptions {
    let mut options = RedisOptions::new(&pool.name, &pool.url.url);
    options.runtime = runtime.clone();
    options.namespace = namespace(pool).map(str::to_owned);
    options.connect_timeout = pool
        .options
        .connect_timeout
        .unwrap_or(options.connect_timeout);
    options.command_timeout = pool
        .options
        .command_timeout
        .unwrap_or(options.command_timeout);
    options
}

fn namespace(pool: &Pool) -> Option<&str> {
    let namespace = pool.options.namespace.as_deref();
    let namespace = namespace.or(pool.url.namespace.as_deref());
    namespace.filter(|namespace| !namespace.is_empty())
}

/// What the account of the pool needs, as Redis' ACL SETUSER takes it.
pub(super) fn rights(pool: &Pool) -> String {
    let keys = match namespace(pool) {
        Some(namespace) => format!("~{namespace}:* ~{{{namespace}:*"),
        None => "~*".to_owned(),
    };
    format!("{keys} {RIGHTS}")
}

fn failed(pool: &Pool, error: RedisError) -> ConfigError {
    if let RedisError::Url(problem) = error {
        return unreachable_pool(pool, problem);
    }
    let advice = match error.code() {
        "WRONGPASS" => "check the URL's user and password".to_owned(),
        "NOAUTH" => {
            "the server asks for a password: give it in the URL, redis://user:password@host, or redis://:password@host for \
             the server's one password"
                .to_owned()
        }
        "NOPERM" => format!("give the account the right: ACL SETUSER … {}", rights(pool)),
        "ERR" => {
            "the server has no database of that number, or is none that beeorm can use: take another number, as in \
             redis://host/0, and keep programs apart by `?namespace=…`"
                .to_owned()
        }
        "" if pool.url.url.starts_with("rediss") => {
            "is the server running, the URL right, and does that port speak TLS, as `rediss://` asks for?".to_owned()
        }
        _ => "is the server running, and the URL right?".to_owned(),
    };
    unreachable_pool(pool, format!("{error}; {advice}"))
}

/// What is wrong with the server; warns of what is only risky.
async fn look(
    pool: &Pool,
    client: &Client,
    has_streams: bool,
    runtime: &Runtime,
) -> Result<Vec<ConfigError>, RedisError> {
    let policy = client.policy().await?;
    let mistakes = refusals(pool, &policy, has_streams);
    if has_streams && mistakes.is_empty() {
        let theirs = client.clock_millis().await?;
        let clock = theirs.and_then(|theirs| clock_warning(runtime.now_millis(), theirs));
        for warning in warnings(&policy)
            .into_iter()
            .map(str::to_owned)
            .chain(clock)
        {
            tracing::warn!(pool = pool.name, "{warning}");
        }
    }
    Ok(mistakes)
}

fn refusals(pool: &Pool, policy: &Policy, has_streams: bool) -> Vec<ConfigError> {
    let pool = || pool.name.clone();
    let mut mistakes = Vec::new();
    if !policy.supported {
        mistakes.push(ConfigError::TooOld {
            pool: pool(),
            version: policy.version.clone(),
        });
    }
    if !has_streams {
        return mistakes;
    }
    if policy.cluster {
        mistakes.push(ConfigError::Cluster { pool: pool() });
    }
    if let Some(primary) = &policy.replica_of {
        mistakes.push(ConfigError::Replica {
            pool: pool(),
            primary: primary.clone(),
        });
    }
    if let Eviction::Evicts(policy) = &policy.eviction {
        mistakes.push(ConfigError::Evicting {
            pool: pool(),
            policy: policy.clone(),
        });
    }
    mistakes
}

fn warnings(policy: &Policy) -> Vec<&'static str> {
    let mut warnings = Vec::new();
    match policy.persistence {
        Persistence::AppendOnly | Persistence::Unknown => {}
        Persistence::Snapshots => warnings.push(
            "the server writes to disk now and then only: lazy flushes that came after its last snapshot and are not \
             executed yet are lost when its machine or its process dies; set `appendonly yes` there",
        ),
        Persistence::Off => warnings.push(
            "the server keeps nothing on disk: lazy flushes that are not executed yet are lost when it stops; \
             set `appendonly yes` there",
        ),
    }
    if policy.eviction == Eviction::Unknown {
        warnings.push(
            "the server does not tell its `maxmemory-policy` to this account: with any but `noeviction` it silently drops \
             lazy flushes when it is short of memory; see to it, or allow the account INFO",
        );
    }
    warnings
}

/// Clocks drift by seconds; by minutes only where nobody sets them.
const SKEW: Duration = Duration::from_secs(5 * 60);

fn clock_warning(ours: u64, theirs: u64) -> Option<String> {
    let skew = Duration::from_millis(ours.abs_diff(theirs));
    (skew > SKEW).then(|| {
        let (seconds, which) = (
            skew.as_secs(),
            if ours > theirs { "ahead of" } else { "behind" },
        );
        format!(
            "this machine's clock is {seconds} s {which} the server's: ids that are made here do not sort with those of other \
             machines, and a lazy flush looks older or younger than it is to whatever counts its age, the limit behind which \
             it is not executed any more among it; set the clocks by NTP"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::{PoolOptions, PoolUrl};

    fn good() -> Policy {
        Policy {
            version: "8.0.2".to_owned(),
            supported: true,
            eviction: Eviction::Never,
            persistence: Persistence::AppendOnly,
            replica_of: None,
            cluster: false,
        }
    }

    fn refused(policy: &Policy, has_streams: bool) -> Vec<String> {
        let pool = Pool {
            name: "lazy".to_owned(),
            url: PoolUrl::parse("redis://localhost").unwrap(),
            options: PoolOptions::new(),
        };
        let refusals = refusals(&pool, policy, has_streams);
        refusals.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_is_refused_says_what_to_do() {
        assert_eq!(refused(&good(), true), [""; 0]);
        let bad = Policy {
            version: "5.0.14".to_owned(),
            supported: false,
            eviction: Eviction::Evicts("allkeys-lru".to_owned()),
            replica_of: Some("10.0.0.7:6379".to_owned()),
            cluster: true,
            ..good()
        };
        let refused = |has_streams| refused(&bad, has_streams);
        let advice = ["6.2", "sentinel", "the primary", "noeviction"];
        assert_eq!(refused(true).len(), advice.len());
        for (message, advice) in refused(true).iter().zip(advice) {
            assert!(message.contains(advice), "{message}");
        }
        // A pool for something else may evict.
        assert_eq!(refused(false).len(), 1);
    }

    #[test]
    fn what_is_risky_is_warned_of() {
        let of = |persistence, eviction| {
            warnings(&Policy {
                persistence,
                eviction,
                ..good()
            })
            .len()
        };
        assert_eq!(of(Persistence::AppendOnly, Eviction::Never), 0);
        assert_eq!(of(Persistence::Unknown, Eviction::Never), 0);
        assert_eq!(of(Persistence::Snapshots, Eviction::Never), 1);
        assert_eq!(of(Persistence::Off, Eviction::Never), 1);
        assert_eq!(of(Persistence::Off, Eviction::Unknown), 2);
    }

    #[test]
    fn clocks_that_differ_by_minutes_are_warned_of() {
        const NOW: u64 = 1_700_000_000_000;
        assert_eq!(clock_warning(NOW, NOW), None);
        assert_eq!(clock_warning(NOW, NOW + 299_000), None);
        assert!(
            clock_warning(NOW, NOW + 301_000)
                .unwrap()
                .contains("301 s behind")
        );
        assert!(
            clock_warning(NOW + 3_600_000, NOW)
                .unwrap()
                .contains("3600 s ahead")
        );
    }
}
