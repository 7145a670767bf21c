use super::{Arguments, Client, RedisError};

/// What the server does with what it is given; a lazy pool wants to know before it trusts it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Policy {
    /// `8.0.2`, say.
    pub(crate) version: String,
    /// Whether it knows all the commands that are sent to it: 6.2 and later do.
    pub(crate) supported: bool,
    /// The name of the `maxmemory-policy`, where it lets the server drop keys that have no time to live.
    pub(crate) evicting: Option<String>,
    pub(crate) persistence: Persistence,
}

/// Whether the server's data outlives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Persistence {
    /// An append-only file, or snapshots.
    On,
    Off,
    /// It does not say.
    Unknown,
}

impl Client {
    /// Asks the server for its settings, as far as it tells them.
    pub(crate) async fn policy(&self) -> Result<Policy, RedisError> {
        let info = Settings::of_info(&self.command("INFO", Arguments::new()).await?.into_text()?);
        let config = Settings(match self.config().await {
            // Hosted servers often forbid it.
            Err(RedisError::Refused(_)) => Vec::new(),
            config => config?,
        });
        let eviction = config
            .get("maxmemory-policy")
            .or(info.get("maxmemory_policy"))
            .unwrap_or_default();
        let version = info.get("redis_version").unwrap_or_default();
        Ok(Policy {
            version: version.to_owned(),
            supported: is_supported(version),
            evicting: eviction.starts_with("allkeys").then(|| eviction.to_owned()),
            persistence: persistence(&config, &info),
        })
    }

    async fn config(&self) -> Result<Vec<(String, String)>, RedisError> {
        let mut all = Vec::new();
        // One at a time: before Redis 7 it takes one pattern only.
        for name in ["maxmemory-policy", "save", "appendonly"] {
            let pairs = self
                .command("CONFIG", Arguments::new().text("GET").text(name))
                .await?
                .into_pairs()?;
            for (name, value) in pairs {
                all.push((name, value.into_text()?));
            }
        }
        Ok(all)
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

fn persistence(config: &Settings, info: &Settings) -> Persistence {
    let appends = config.get("appendonly") == Some("yes") || info.get("aof_enabled") == Some("1");
    match config.get("save") {
        _ if appends => Persistence::On,
        Some("") => Persistence::Off,
        Some(_) => Persistence::On,
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
    }

    #[test]
    fn persistence_is_told_where_it_can_be() {
        let none = settings(&[]);
        assert_eq!(
            persistence(
                &settings(&[("save", "3600 1"), ("appendonly", "no")]),
                &none
            ),
            Persistence::On
        );
        assert_eq!(
            persistence(&settings(&[("save", ""), ("appendonly", "yes")]), &none),
            Persistence::On
        );
        assert_eq!(
            persistence(&settings(&[("save", ""), ("appendonly", "no")]), &none),
            Persistence::Off
        );
        assert_eq!(
            persistence(&none, &settings(&[("aof_enabled", "1")])),
            Persistence::On
        );
        assert_eq!(
            persistence(&none, &settings(&[("aof_enabled", "0")])),
            Persistence::Unknown
        );
    }
}
