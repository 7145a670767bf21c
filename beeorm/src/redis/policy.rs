use super::{Arguments, Client, RedisError};

/// What the server does with what it is given; a lazy pool wants to know before it trusts it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Policy {
    /// `8.0.2`, say; empty where the server does not say.
    pub(crate) version: String,
    /// Whether it knows all the commands that are sent to it: 6.2 and later do.
    pub(crate) supported: bool,
    pub(crate) eviction: Eviction,
    pub(crate) persistence: Persistence,
    /// Where it is a replica: the server that it copies.
    pub(crate) replica_of: Option<String>,
    /// Whether it is one of a cluster's nodes, which have a part of the keys each.
    pub(crate) cluster: bool,
}

/// Whether the server drops keys that have no time to live when it is short of memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Eviction {
    Never,
    /// By this `maxmemory-policy`.
    Evicts(String),
    /// It does not say.
    Unknown,
}

/// Whether the server's data outlives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Persistence {
    /// Every write is appended to a file.
    AppendOnly,
    /// Now and then all is written to a file.
    Snapshots,
    Off,
    /// It does not say.
    Unknown,
}

/// What an account needs for all that is sent, as ACL SETUSER takes it.
pub(crate) const RIGHTS: &str =
    "+@connection +@stream +@hash +@scripting +@transaction +del +info +time";

impl Client {
    /// Asks the server for its settings, as far as it tells them: hosted servers often forbid CONFIG, or call it
    /// something else, and an account may have no right to INFO.
    pub(crate) async fn policy(&self) -> Result<Policy, RedisError> {
        let info = match self.command("INFO", Arguments::new()).await {
            Err(RedisError::Refused(_)) => None,
            info => Some(Settings::of_info(&info?.into_text()?)),
        };
        let config = self
            .config(&["maxmemory-policy", "save", "appendonly"])
            .await?;
        Ok(policy(&config, info.as_ref()))
    }

    /// Whether the server answers no write before it is on disk, as far as it tells.
    pub(crate) async fn fsyncs_always(&self) -> Result<bool, RedisError> {
        let names = ["appendonly", "appendfsync", "no-appendfsync-on-rewrite"];
        Ok(fsyncs_always(&self.config(&names).await?))
    }

    /// The server's clock, in milliseconds since 1970, where it tells.
    pub(crate) async fn clock_millis(&self) -> Result<Option<u64>, RedisError> {
        let time = match self.command("TIME", Arguments::new()).await {
            Err(RedisError::Refused(_)) => return Ok(None),
            time => time?,
        };
        let [seconds, micros] = time.into_items()?;
        Ok(Some(
            seconds.into_count()? * 1000 + micros.into_count()? / 1000,
        ))
    }

    /// None of them where the server does not tell.
    async fn config(&self, names: &[&str]) -> Result<Settings, RedisError> {
        let mut all = Vec::new();
        // One at a time: before Redis 7 it takes one pattern only.
        for name in names {
            let asked = self
                .command("CONFIG", Arguments::new().text("GET").text(name))
                .await;
            let pairs = match asked {
                Err(RedisError::Refused(_)) => break,
                pairs => pairs?.into_pairs()?,
            };
            for (name, value) in pairs {
                all.push((name, value.into_text()?));
            }
        }
        Ok(Settings(all))
    }
}

/// `info`: none where it may not be asked for.
fn policy(config: &Settings, info: Option<&Settings>) -> Policy {
    let told = |name| info.and_then(|info| info.get(name));
    // Valkey gives the version of Redis that it stands in for under the other name.
    let version = told("valkey_version").or(told("redis_version"));
    let eviction = config.get("maxmemory-policy").or(told("maxmemory_policy"));
    let replica_of = (told("role") == Some("slave")).then(|| {
        let part = |name| told(name).unwrap_or("?");
        format!("{}:{}", part("master_host"), part("master_port"))
    });
    Policy {
        version: version.unwrap_or_default().to_owned(),
        supported: info.is_none() || version.is_some_and(is_supported),
        eviction: match eviction {
            Some(policy) if policy.starts_with("allkeys") => Eviction::Evicts(policy.to_owned()),
            Some(_) => Eviction::Never,
            None => Eviction::Unknown,
        },
        persistence: persistence(config, told("aof_enabled")),
        replica_of,
        cluster: told("cluster_enabled") == Some("1"),
    }
}

struct Settings(Vec<(String, String)>);

impl Settings {
    fn of_info(text: &str) -> Self {
        let pairs = text
            .lines()
            .filter_map(|line| line.trim_end().split_once(':'));
        Self(
            pairs
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        )
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

fn is_supported(version: &str) -> bool {
    let mut numbers = version
        .split('.')
        .map(|number| number.parse::<u32>().unwrap_or_default());
    (
        numbers.next().unwrap_or_default(),
        numbers.next().unwrap_or_default(),
    ) >= (6, 2)
}

fn fsyncs_always(config: &Settings) -> bool {
    config.get("appendonly") == Some("yes")
        && config.get("appendfsync") == Some("always")
        // Else it synchronizes nothing while it writes its file, or a snapshot, anew.
        && config.get("no-appendfsync-on-rewrite") == Some("no")
}

fn persistence(config: &Settings, aof_enabled: Option<&str>) -> Persistence {
    let appends = config.get("appendonly") == Some("yes") || aof_enabled == Some("1");
    match config.get("save") {
        _ if appends => Persistence::AppendOnly,
        Some("") => Persistence::Off,
        Some(_) => Persistence::Snapshots,
        None => Persistence::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(pairs: &[(&str, &str)]) -> Settings {
        Settings(
            pairs
                .iter()
                .map(|&(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        )
    }

    /// Of a server that forbids CONFIG.
    fn told(info: &str) -> Policy {
        policy(&settings(&[]), Some(&Settings::of_info(info)))
    }

    #[test]
    fn versions() {
        assert!(
            ["6.2.0", "6.2", "7.0.15", "8.0.2", "10.0"]
                .iter()
                .all(|version| is_supported(version))
        );
        assert!(
            !["", "x", "5.0.14", "6.0.16"]
                .iter()
                .any(|version| is_supported(version))
        );
        assert!(!told("proxy:1\r\n").supported);
        let valkey = told(
            "# Server\r\nredis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.1.0\r\n",
        );
        assert_eq!((valkey.version.as_str(), valkey.supported), ("8.1.0", true));
    }

    #[test]
    fn persistence_is_told_where_it_can_be() {
        let of = |save, appendonly| settings(&[("save", save), ("appendonly", appendonly)]);
        assert_eq!(
            persistence(&of("3600 1", "no"), None),
            Persistence::Snapshots
        );
        assert_eq!(
            persistence(&of("3600 1", "yes"), None),
            Persistence::AppendOnly
        );
        assert_eq!(persistence(&of("", "yes"), None), Persistence::AppendOnly);
        assert_eq!(persistence(&of("", "no"), None), Persistence::Off);
        let none = settings(&[]);
        assert_eq!(persistence(&none, Some("1")), Persistence::AppendOnly);
        assert_eq!(persistence(&none, Some("0")), Persistence::Unknown);
        assert_eq!(persistence(&none, None), Persistence::Unknown);
    }

    #[test]
    fn always_is_without_exception() {
        let of = |appendonly, appendfsync, not_on_rewrite| {
            fsyncs_always(&settings(&[
                ("appendonly", appendonly),
                ("appendfsync", appendfsync),
                ("no-appendfsync-on-rewrite", not_on_rewrite),
            ]))
        };
        assert!(of("yes", "always", "no"));
        assert!(!of("no", "always", "no"));
        assert!(!of("yes", "everysec", "no"));
        assert!(!of("yes", "always", "yes"));
        assert!(!fsyncs_always(&settings(&[])), "it does not say");
    }

    #[test]
    fn eviction_is_known_without_config() {
        assert_eq!(
            told("maxmemory_policy:noeviction\r\n").eviction,
            Eviction::Never
        );
        assert_eq!(
            told("maxmemory_policy:volatile-lru\r\n").eviction,
            Eviction::Never
        );
        let evicting = Eviction::Evicts("allkeys-lfu".to_owned());
        assert_eq!(told("maxmemory_policy:allkeys-lfu\r\n").eviction, evicting);
        assert_eq!(told("redis_version:7.0.0\r\n").eviction, Eviction::Unknown);
    }

    #[test]
    fn replicas_and_clusters() {
        let replica =
            told("role:slave\r\nmaster_host:10.0.0.7\r\nmaster_port:6379\r\ncluster_enabled:0\r\n");
        assert_eq!(replica.replica_of.as_deref(), Some("10.0.0.7:6379"));
        assert!(!replica.cluster);
        let node = told("role:master\r\ncluster_enabled:1\r\n");
        assert_eq!((node.replica_of, node.cluster), (None, true));
    }

    #[test]
    fn a_server_that_says_nothing_is_not_refused() {
        let silent = policy(&settings(&[]), None);
        assert!(silent.supported && !silent.cluster && silent.replica_of.is_none());
        assert_eq!(silent.eviction, Eviction::Unknown);
    }
}
