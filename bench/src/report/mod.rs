//! What was measured: shown, and kept.

mod header;
mod line;
mod plot;
mod results;
mod table;

use std::path::Path;

pub(crate) use self::line::{Line, Verdict};
use self::{header::Header, results::Results};
use crate::{Fallible, options::Options, stage::Stage};

/// The rows so far.
#[derive(Debug)]
pub(crate) struct Report {
    header: Header,
    lines: Vec<Line>,
}

impl Report {
    pub(crate) async fn begin(stage: &Stage, options: &Options) -> Fallible<Self> {
        let header = Header::ask(stage).await?;
        println!("{header}");
        if options.quick {
            println!("quick: few rounds of few rows, which say that it works and not how fast");
        }
        let lines = Vec::new();
        Ok(Self { header, lines })
    }

    pub(crate) fn add(&mut self, lines: Vec<Line>) {
        for line in &lines {
            eprintln!("    {line}");
        }
        self.lines.extend(lines);
    }

    /// Prints the table, and keeps what is worth it.
    pub(crate) fn finish(self, options: &Options) -> Fallible<()> {
        println!("\n{}", table::markdown(&self.lines));
        if options.quick {
            return Ok(());
        }
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("results");
        let results = Results::new(self.header, self.lines);
        let file = results.keep(&folder, options.is_full())?;
        println!("kept in {}", file.display());
        Ok(())
    }
}
