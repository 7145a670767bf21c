//! Which servers: those given, containers, or locally installed ones, in this order unless one is forced.

use crate::guard::Guard;
use crate::{Sentinels, Servers, Trouble, containers, given, local};

/// What the caller asks for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Choice {
    Any,
    Containers,
    Local,
}

const FORCE: &str = "BEEORM_TEST_SERVERS";

/// What is to be started.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Wanted {
    /// A database and a Redis server.
    Servers(Choice),
    /// A Redis master, its replica and three sentinels.
    Sentinels(Choice),
}

impl Wanted {
    /// From the arguments, or else from the environment.
    pub(crate) fn read(arguments: &[String]) -> Result<Self, String> {
        let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
        match words[..] {
            [] => match std::env::var(FORCE) {
                Ok(word) if !word.is_empty() => Choice::from_word(&word, FORCE),
                _ => Ok(Choice::Any),
            }
            .map(Self::Servers),
            ["--servers", word] => Choice::from_word(word, "--servers").map(Self::Servers),
            ["--sentinels", word] => Choice::from_word(word, "--sentinels").map(Self::Sentinels),
            _ => Err(format!(
                "unknown arguments `{}`: there is `--servers` and `--sentinels`, each with `containers|local`",
                words.join(" ")
            )),
        }
    }
}

impl Choice {
    fn from_word(word: &str, from: &str) -> Result<Self, String> {
        match word {
            "containers" => Ok(Self::Containers),
            "local" => Ok(Self::Local),
            other => Err(format!(
                "{from} is `{other}`: make it `containers` or `local`"
            )),
        }
    }
}

/// Finds servers, or says what to do to have some.
pub(crate) async fn find(choice: Choice, guard: &mut Guard) -> Result<Servers, Trouble> {
    match choice {
        Choice::Containers => containers::start(guard).await,
        Choice::Local => local::start(guard).await,
        Choice::Any => match given::find().await? {
            Some(servers) => Ok(servers),
            None => start_any(guard).await,
        },
    }
}

/// Starts the sentinels and what they watch.
pub(crate) async fn sentinels(choice: Choice, guard: &mut Guard) -> Result<Sentinels, Trouble> {
    match choice {
        Choice::Containers => containers::start_sentinels(guard).await,
        Choice::Local | Choice::Any => local::start_sentinels(guard).await,
    }
}

async fn start_any(guard: &mut Guard) -> Result<Servers, Trouble> {
    let no_containers = match containers::start(guard).await {
        Ok(servers) => return Ok(servers),
        Err(Trouble::Missing(reason)) => reason,
        Err(Trouble::Failed(reason)) => {
            eprintln!("test servers: the containers failed, trying local servers. {reason}");
            reason
        }
    };
    let advice = |no_local: String| {
        format!(
            "no servers to test against. One of these is needed:\n\
             - BEEORM_TEST_MYSQL_URL and BEEORM_TEST_REDIS_URL, set to servers that are there to be filled with test data;\n\
             - a Docker daemon with the images {} and {} ({no_containers});\n\
             - MariaDB or MySQL, and Redis or Valkey, installed here ({no_local}): on Debian and Ubuntu\n  \
             `apt-get install mariadb-server-core redis-server`, or `cargo xtask test` as root, which does that itself.",
            containers::mysql_image(),
            containers::redis_image(),
        )
    };
    local::start(guard).await.map_err(|trouble| match trouble {
        Trouble::Missing(reason) => Trouble::Missing(advice(reason)),
        Trouble::Failed(reason) => Trouble::Failed(advice(reason)),
    })
}
