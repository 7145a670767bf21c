//! What the program is told.

use crate::rows;

#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    /// Little of everything: whether it works, and not how fast.
    pub(crate) quick: bool,
    /// The rows that are wanted; all where none is named.
    only: Vec<String>,
}

impl Options {
    pub(crate) fn read(arguments: &[String]) -> Result<Self, String> {
        let mut options = Self::default();
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            match argument.as_str() {
                "--quick" => options.quick = true,
                "--only" => {
                    let row = rest.next().ok_or("--only needs the name of a row")?;
                    let names: Vec<&str> = rows::ALL.iter().map(|row| row.name).collect();
                    if !names.contains(&row.as_str()) {
                        return Err(format!(
                            "there is no row `{row}`; there are {}",
                            names.join(", ")
                        ));
                    }
                    options.only.push(row.clone());
                }
                _ => {
                    return Err(format!(
                        "`{argument}` is not known; there are --quick, --only <row> and --servers local|containers"
                    ));
                }
            }
        }
        Ok(options)
    }

    pub(crate) fn wants(&self, row: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == row)
    }

    /// Whether all rows are measured.
    pub(crate) fn is_full(&self) -> bool {
        self.only.is_empty()
    }

    /// So many, or fewer where it is to be quick.
    pub(crate) fn size<T>(&self, full: T, quick: T) -> T {
        if self.quick { quick } else { full }
    }

    /// How many rounds are counted.
    pub(crate) fn rounds(&self) -> usize {
        self.size(7, 3)
    }
}
