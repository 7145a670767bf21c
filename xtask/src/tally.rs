//! What all parts of a test run come to: the sum of libtest's closing lines.

use std::fmt;

/// Tests by how they ended, and in how many parts.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Tally {
    parts: u64,
    passed: u64,
    failed: u64,
    ignored: u64,
}

impl Tally {
    /// Adds a part, if that is what the line tells of:
    /// `test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.10s`.
    pub(crate) fn read(&mut self, line: &str) {
        let Some(result) = line.strip_prefix("test result: ") else {
            return;
        };
        // Of a part that a filter leaves nothing of there is nothing to tell.
        let count = |what: &str| {
            let counts = result.split([';', '.']).map(str::trim);
            let mut counts =
                counts.filter_map(|count| count.strip_suffix(what)?.trim().parse().ok());
            counts.next().unwrap_or(0_u64)
        };
        let (passed, failed, ignored) = (count("passed"), count("failed"), count("ignored"));
        self.parts += u64::from(passed + failed + ignored > 0);
        self.passed += passed;
        self.failed += failed;
        self.ignored += ignored;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            parts,
            passed,
            failed,
            ignored,
        } = self;
        write!(
            f,
            "{passed} passed, {failed} failed, {ignored} ignored, in {parts} parts"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_added_up_and_empty_ones_are_not_counted() {
        let mut tally = Tally::default();
        for line in [
            "running 3 tests",
            "test result: is what a test may print",
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.10s",
            "test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 20 filtered out; finished in 0.00s",
            "test result: FAILED. 7 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 71.25s",
        ] {
            tally.read(line);
        }
        assert_eq!(
            tally.to_string(),
            "19 passed, 2 failed, 1 ignored, in 2 parts"
        );
    }
}
