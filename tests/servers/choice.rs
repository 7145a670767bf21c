//! Which servers: those given, containers, or locally installed ones, in this order unless one is forced.

use std::path::PathBuf;

use crate::guard::Guard;
use crate::{Sentinels, Servers, Trouble, containers, given, local};

/// What the caller asks for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Choice {
    Any,
    Containers,
    Local,
}

/// What the caller asks for, and whether the servers are to be killed and started again under it: then they keep
/// their ports, and lose nothing that they have acknowledged.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Wish {
    choice: Choice,
    durable: bool,
    /// Where the clocks are that the caller steps; of local servers only.
    clocks: Option<PathBuf>,
}

const FORCE: &str = "BEEORM_TEST_SERVERS";

/// What is to be started.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Wanted {
    /// A database and a Redis server.
    Servers(Wish),
    /// A Redis master, its replica and three sentinels.
    Sentinels(Choice),
}

impl Wanted {
    /// From `--durable`, `--clocks` and `--servers …`, or `--sentinels …`, or else from the environment.
    pub(crate) fn read(arguments: &[String]) -> Result<Self, String> {
        let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let (durable, words) = match &words[..] {
            ["--sentinels", word] => {
                return Choice::from_word(word, "--sentinels").map(Self::Sentinels);
            }
            ["--durable", words @ ..] => (true, words),
            words => (false, words),
        };
        let (choice, clocks) = match words {
            ["--clocks", folder] => (Choice::Local, Some(PathBuf::from(folder))),
            words => (Choice::of(words)?, None),
        };
        Ok(Self::Servers(Wish {
            choice,
            durable,
            clocks,
        }))
    }
}

impl Choice {
    fn of(words: &[&str]) -> Result<Self, String> {
        match words {
            [] => match std::env::var(FORCE) {
                Ok(word) if !word.is_empty() => Self::from_word(&word, FORCE),
                _ => Ok(Self::Any),
            },
            ["--servers", word] => Self::from_word(word, "--servers"),
            _ => Err(format!(
                "unknown arguments `{}`: there are `--durable`, and behind it `--servers containers|local` or \
                 `--clocks folder`; or `--sentinels containers|local`",
                words.join(" ")
            )),
        }
    }

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
pub(crate) async fn find(wish: Wish, guard: &mut Guard) -> Result<Servers, Trouble> {
    let Wish {
        choice,
        durable,
        clocks,
    } = wish;
    match choice {
        Choice::Containers => containers::start(guard, durable).await,
        Choice::Local => local::start(guard, durable, clocks).await,
        // Servers that somebody else runs are not to be killed.
        Choice::Any if durable => start_any(guard, durable).await,
        Choice::Any => match given::find().await? {
            Some(servers) => Ok(servers),
            None => start_any(guard, durable).await,
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

async fn start_any(guard: &mut Guard, durable: bool) -> Result<Servers, Trouble> {
    let no_containers = match containers::start(guard, durable).await {
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
    local::start(guard, durable, None)
        .await
        .map_err(|trouble| match trouble {
            Trouble::Missing(reason) => Trouble::Missing(advice(reason)),
            Trouble::Failed(reason) => Trouble::Failed(advice(reason)),
        })
}
