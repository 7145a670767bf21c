//! The auditor: real producers and consumers on real servers, faults at random moments, and then a verdict from the
//! producers' own record, the database's own record and what is left. Nothing in this program uses beeorm.
//!
//! ```text
//! beeorm-audit [--minutes n] [--seed s] [--servers local|containers]
//!              [--scenario faults|everysec|clocks|standbys|away|backlog] [--flushes n] [--sabotage lost|duplicate|reorder]…
//! ```
//!
//! The last line has the figures; the exit status is 1 where they are not what they must be.

mod cast;
mod clocks;
mod database;
mod drain;
mod evidence;
mod faults;
mod journal;
mod lease;
mod options;
mod process;
mod sabotage;
mod scenario;
mod stage;
mod tables;
mod verdict;

use std::{error::Error, process::ExitCode};

use crate::{journal::Journal, options::Options, scenario::Ended, stage::Stage};

type Fallible<T> = Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let options = match Options::read(&arguments) {
        Ok(options) => options,
        Err(message) => {
            eprintln!("beeorm-audit: {message}");
            return ExitCode::from(2);
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    let ended = runtime
        .map_err(Into::into)
        .and_then(|runtime| runtime.block_on(run(&options)));
    match ended {
        Ok(Ended::Good) => ExitCode::SUCCESS,
        Ok(Ended::TamperedWith | Ended::Bad) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("beeorm-audit: {error}");
            ExitCode::from(2)
        }
    }
}

async fn run(options: &Options) -> Fallible<Ended> {
    println!("{options}");
    let stage = Stage::build(options).await?;
    println!("servers: {}", stage.names());
    println!("folder:  {}", stage.folder.display());
    let journal = Journal::begin(&stage)?;
    let ended = scenario::play(&stage, &journal, options).await?;
    if ended == Ended::Bad {
        println!("records and logs are kept in {}", stage.folder.display());
    } else {
        stage.clear();
    }
    Ok(ended)
}
