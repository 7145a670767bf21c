//! `cargo xtask instructions`: how many instructions the hot paths take, beside what they took when that was last accepted.
//!
//! Other than times, they are nearly the same on any machine and under any load: a path that has become slower shows in
//! CI. Valgrind's callgrind counts.

use std::{
    fmt::Write as _,
    fs,
    path::Path,
    process::{Command, ExitCode, Stdio},
};

use crate::{build, install, program, workspace};

const PACKAGE: &str = "beeorm-instructions";
/// Instructions each time, by path.
const ACCEPTED: &str = "tests/instructions/accepted.txt";
/// What compilers, C libraries and processors make of the same code differs by less; in hundredths.
const MARGIN: u64 = 15;
/// Each path runs so often, and then more often: the difference is what the path takes.
const TIMES: [u64; 2] = [5, 55];

pub(crate) fn run(arguments: &[String]) -> Result<ExitCode, String> {
    let accept = match arguments {
        [] => false,
        [only] if only == "--accept" => true,
        _ => return Err("`instructions` knows --accept and nothing else".to_owned()),
    };
    install::valgrind()?;
    build::announce(PACKAGE);
    let release = ["build", "--quiet", "--release", "--package", PACKAGE];
    let built = program::run(program::cargo().args(release))?;
    if !built.success() {
        return Ok(program::exit_code(built));
    }
    let target = workspace::target(&workspace::root());
    let counted = count_all(&target.join("release").join(PACKAGE))?;
    let file = workspace::root().join(ACCEPTED);
    if accept {
        let lines = counted
            .iter()
            .map(|(path, count)| format!("{path} {count}\n"));
        fs::write(&file, lines.collect::<String>())
            .map_err(|error| format!("{ACCEPTED}: {error}"))?;
    }
    let accepted =
        fs::read_to_string(&file).map_err(|error| format!("{ACCEPTED}: {error}; try --accept"))?;
    let (table, slower) = compare(&counted, &read(&accepted)?);
    print!("{table}");
    if slower {
        println!(
            "some take over {MARGIN} % more than accepted: make them faster, or accept it with --accept"
        );
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

/// Each path's name, and what it takes once.
fn count_all(program: &Path) -> Result<Vec<(String, u64)>, String> {
    let listed = Command::new(program)
        .output()
        .map_err(|error| format!("cannot run {}: {error}", program.display()))?;
    let names = String::from_utf8_lossy(&listed.stdout).into_owned();
    let count = |name: &str| {
        let [few, many] = TIMES;
        let difference = count(program, name, many)?.checked_sub(count(program, name, few)?);
        let difference = difference.ok_or("more runs took fewer instructions")?;
        Ok((name.to_owned(), difference / (many - few)))
    };
    names.lines().map(count).collect()
}

fn count(program: &Path, path: &str, times: u64) -> Result<u64, String> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .args([path, &times.to_string()])
        .stdout(Stdio::null())
        .output()
        .map_err(|error| format!("cannot run valgrind: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(format!("{path} failed under valgrind:\n{said}"));
    }
    collected(&said).ok_or_else(|| format!("valgrind tells no count of {path}:\n{said}"))
}

/// `==7== Collected : 12345`.
fn collected(said: &str) -> Option<u64> {
    let line = said.lines().find(|line| line.contains("Collected :"))?;
    line.split_whitespace().last()?.parse().ok()
}

fn read(accepted: &str) -> Result<Vec<(String, u64)>, String> {
    let line = |line: &str| {
        let (path, count) = line.split_once(' ')?;
        Some((path.to_owned(), count.parse().ok()?))
    };
    accepted
        .lines()
        .map(|text| line(text).ok_or_else(|| format!("{ACCEPTED}: `{text}` is no path and number")))
        .collect()
}

/// A line a path, and whether one takes too much more, or was never accepted.
fn compare(counted: &[(String, u64)], accepted: &[(String, u64)]) -> (String, bool) {
    let mut table = format!("{:<20}{:>14}{:>14}\n", "path", "instructions", "accepted");
    let mut slower = false;
    for (path, count) in counted {
        let known = accepted.iter().find(|(known, _)| known == path);
        let (before, verdict) = match known {
            None => ("none".to_owned(), "not accepted yet"),
            Some((_, before)) => {
                let is_slower = count * 100 > before * (100 + MARGIN);
                let is_faster = count * (100 + MARGIN) < before * 100;
                let verdict = match (is_slower, is_faster) {
                    (true, _) => "SLOWER",
                    (_, true) => "faster: accept it with --accept",
                    _ => "",
                };
                slower |= is_slower;
                (before.to_string(), verdict)
            }
        };
        slower |= known.is_none();
        let line = format!("{path:<20}{count:>14}{before:>14}  {verdict}");
        // Writing to a String cannot fail.
        let _ = writeln!(table, "{}", line.trim_end());
    }
    (table, slower)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(counts: &[(&str, u64)]) -> Vec<(String, u64)> {
        let owned = |(path, count): &(&str, u64)| ((*path).to_owned(), *count);
        counts.iter().map(owned).collect()
    }

    #[test]
    fn what_takes_over_the_margin_more_is_told() {
        let accepted = counts(&[("one", 1000), ("two", 1000)]);
        let told = |one, two| compare(&counts(&[("one", one), ("two", two)]), &accepted);
        assert!(!told(1000, 1150).1);
        assert!(!told(1000, 10).1, "faster is no failure");
        let (table, slower) = told(1000, 1151);
        assert!(
            slower && table.contains("two") && table.contains("SLOWER"),
            "{table}"
        );
        assert!(
            compare(&counts(&[("three", 1)]), &accepted).1,
            "never accepted"
        );
    }

    #[test]
    fn the_count_is_read_from_what_valgrind_says() {
        let said = "==7== Events    : Ir\n==7== Collected : 1234567\n==7==\n";
        assert_eq!(collected(said), Some(1_234_567));
        assert_eq!(collected("==7== nothing"), None);
    }

    #[test]
    fn a_line_that_is_no_count_is_refused() {
        assert_eq!(
            read("one 5\ntwo 6\n"),
            Ok(counts(&[("one", 5), ("two", 6)]))
        );
        assert!(read("one\n").is_err());
    }
}
