//! What beeorm costs, measured side by side with what it is compared with, in alternating rounds of one run.
//!
//! ```text
//! cargo xtask bench [--quick] [--only <row>]… [--servers local|containers]
//! ```
//!
//! It prints a table of rows with their targets, the missed ones too. A full run is kept in `results`, with plots;
//! one of some rows takes the place of these rows in the results of the same day and machine.
//!
//! Nothing here uses more of beeorm than any program may; what it is compared with is written as well as we can, and
//! what either side has written is counted and summed up after each round.

mod by_hand;
mod delay;
mod entities;
mod measure;
mod options;
mod report;
mod rivals;
mod rows;
mod stage;
mod verify;

use std::{error::Error, process::ExitCode};

use crate::{options::Options, report::Report, stage::Stage};

type Fallible<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// What every row is given.
#[derive(Debug)]
struct Bench {
    options: Options,
    stage: Stage,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let options = match Options::read(&arguments) {
        Ok(options) => options,
        Err(message) => {
            eprintln!("beeorm-bench: {message}");
            return ExitCode::from(2);
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let ended = runtime
        .map_err(Into::into)
        .and_then(|runtime| runtime.block_on(run(options)));
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("beeorm-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> Fallible<()> {
    let stage = Stage::build().await?;
    let mut report = Report::begin(&stage, &options).await?;
    let bench = Bench { options, stage };
    for row in rows::ALL {
        if bench.options.wants(row.name) {
            eprintln!("row {}: {}", row.name, row.about);
            let part = (row.run)(&bench).await;
            report.add(part.map_err(|error| format!("row {}: {error}", row.name))?);
        }
    }
    report.finish(&bench.options)
}
