//! What the program is told.

use std::{fmt, time::Duration};

use beeorm_tests::Random;

/// What is played.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Scenario {
    Faults,
    /// The same, with a Redis that writes to its disk once a second.
    Everysec,
    /// The same, with clocks that are stepped.
    Clocks,
    Standbys,
    Away,
    Backlog,
}

/// How the database is tampered with after the run, to see whether the auditor sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Sabotage {
    Lost,
    Duplicate,
    Reorder,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Options {
    pub(crate) scenario: Scenario,
    pub(crate) time: Duration,
    pub(crate) seed: u64,
    /// `local` or `containers`; what there is, where it is not said.
    pub(crate) servers: Option<String>,
    /// Of the backlog.
    pub(crate) flushes: u64,
    pub(crate) sabotage: Vec<Sabotage>,
}

impl Options {
    pub(crate) fn read(arguments: &[String]) -> Result<Self, String> {
        let mut minutes = None;
        let mut options = Self {
            scenario: Scenario::Faults,
            time: Duration::ZERO,
            seed: Random::new().seed,
            servers: None,
            flushes: 1_000_000,
            sabotage: Vec::new(),
        };
        for pair in arguments.chunks(2) {
            let [flag, value] = pair else {
                return Err(format!("{} needs a value", pair.concat()));
            };
            let number = || format!("{flag} is `{value}`, which is no number");
            match flag.as_str() {
                "--minutes" => minutes = Some(value.parse::<f64>().map_err(|_| number())?),
                "--seed" => options.seed = value.parse().map_err(|_| number())?,
                "--flushes" => options.flushes = value.parse().map_err(|_| number())?,
                "--servers" => options.servers = Some(servers(value)?),
                "--scenario" => options.scenario = Scenario::of(value)?,
                "--sabotage" => options.sabotage.push(Sabotage::of(value)?),
                _ => return Err(format!("`{flag}` is not known")),
            }
        }
        let minutes = minutes.unwrap_or(match options.scenario {
            Scenario::Faults | Scenario::Everysec | Scenario::Clocks | Scenario::Standbys => 5.0,
            Scenario::Away => 2.0,
            Scenario::Backlog => 1.0,
        });
        if options.scenario == Scenario::Clocks && options.servers.as_deref() == Some("containers")
        {
            return Err(
                "the clocks of containers cannot be stepped: say `--servers local`".to_owned(),
            );
        }
        options.time = Duration::try_from_secs_f64(minutes * 60.0)
            .map_err(|error| format!("--minutes: {error}"))?;
        Ok(options)
    }
}

fn servers(word: &str) -> Result<String, String> {
    match word {
        "local" | "containers" => Ok(word.to_owned()),
        _ => Err(format!(
            "--servers is `{word}`: make it `local` or `containers`"
        )),
    }
}

impl Scenario {
    fn of(word: &str) -> Result<Self, String> {
        Ok(match word {
            "faults" => Self::Faults,
            "everysec" => Self::Everysec,
            "clocks" => Self::Clocks,
            "standbys" => Self::Standbys,
            "away" => Self::Away,
            "backlog" => Self::Backlog,
            _ => {
                return Err(format!(
                    "--scenario is `{word}`: there are faults, everysec, clocks, standbys, away and \
                     backlog"
                ));
            }
        })
    }
}

impl Sabotage {
    fn of(word: &str) -> Result<Self, String> {
        Ok(match word {
            "lost" => Self::Lost,
            "duplicate" => Self::Duplicate,
            "reorder" => Self::Reorder,
            _ => {
                return Err(format!(
                    "--sabotage is `{word}`: there are lost, duplicate and reorder"
                ));
            }
        })
    }
}

impl fmt::Display for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scenario, seed) = (self.scenario, self.seed);
        let minutes = self.time.as_secs_f64() / 60.0;
        write!(f, "seed:    {seed} ({scenario:?}, {minutes} minutes)")
    }
}
