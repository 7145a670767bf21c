//! Results in a file, by day and machine.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{Line, header::Header};
use crate::{Fallible, rows};

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
        fs::write(&file, serde_json::to_string_pretty(&self)? + "\n")?;
        Ok(file)
    }
}
