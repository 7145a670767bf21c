//! Results in a file, by day and machine.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{Line, header::Header, plot};
use crate::{Fallible, rows};

type Plot = (
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
);

/// Rows that are drawn: each one's title, unit and figures.
const PLOTS: [Plot; 3] = [
    (
        "latency",
        "Latency of a caller by the number of callers",
        "µs",
        &["beeorm, p50", "beeorm, p99", "XADD, p50", "XADD, p99"],
    ),
    (
        "batch",
        "Single inserts drained by the size of a batch",
        "rows a second",
        &["beeorm"],
    ),
    (
        "lag",
        "From a lazy flush to its row by what else is flushed a second",
        "µs",
        &["visible, p50", "visible, p99"],
    ),
];

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Results {
    header: Header,
    lines: Vec<Line>,
}

impl Results {
    pub(crate) fn new(header: Header, lines: Vec<Line>) -> Self {
        Self { header, lines }
    }

    /// Writes them; what was not measured this time stays as the file has it.
    pub(crate) fn keep(mut self, folder: &Path, full: bool) -> Fallible<PathBuf> {
        fs::create_dir_all(folder)?;
        let file = folder.join(self.header.file_name()).with_extension("json");
        if !full && let Ok(text) = fs::read_to_string(&file) {
            let earlier: Self = serde_json::from_str(&text)?;
            let measured: Vec<String> = self.lines.iter().map(|line| line.row.clone()).collect();
            let others = earlier.lines.into_iter();
            self.lines
                .extend(others.filter(|line| !measured.contains(&line.row)));
            let place = |line: &Line| rows::ALL.iter().position(|row| row.name == line.row);
            self.lines.sort_by_key(place);
        }
        for (row, title, unit, wanted) in PLOTS {
            let lines = self.lines.iter().filter(|line| line.row == row);
            let lines: Vec<&Line> = lines.collect();
            if let Some(svg) = plot::svg(title, unit, &lines, wanted) {
                let name = format!("{}-{row}.svg", self.header.file_name());
                fs::write(folder.join(name), svg)?;
            }
        }
        fs::write(&file, serde_json::to_string_pretty(&self)? + "\n")?;
        Ok(file)
    }
}
