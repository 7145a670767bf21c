//! `cargo xtask simulate --mutants`: mistakes made on purpose, each of which the simulator has to find.
//!
//! A mutant is a file in `tests/simulate/mutants`: what is wrong, then the places to change, each with the text that
//! stands there and the one to put in its place. They are made in a copy of the workspace below the target folder, one
//! after the other, so that each builds little more than what it changes; it is removed at the end.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
    time::Instant,
};

use crate::{build, program, simulate, workspace};

/// A mutant that lives through so many seeds is not found.
const SEEDS: &str = "20000";

/// One text in the place of another.
#[derive(Debug, PartialEq, Eq)]
struct Edit {
    file: PathBuf,
    from: String,
    to: String,
}

#[derive(Debug, PartialEq, Eq)]
struct Mutant {
    name: String,
    what: String,
    edits: Vec<Edit>,
}

/// All of them, or those whose names are given.
pub(crate) fn run(names: &[String]) -> Result<ExitCode, String> {
    let mutants = read(&workspace::root().join("tests/simulate/mutants"))?;
    let wanted = |mutant: &&Mutant| names.is_empty() || names.contains(&mutant.name);
    let wanted: Vec<&Mutant> = mutants.iter().filter(wanted).collect();
    if wanted.is_empty() {
        return Err("no mutant has such a name".to_owned());
    }
    build::announce("the simulator with each of the mistakes");
    let copy = Copy::make()?;
    let mut survivors = Vec::new();
    for (place, mutant) in wanted.iter().enumerate() {
        let begun = Instant::now();
        let found = copy.look_for(mutant);
        let outcome = match &found {
            Ok(Some(violation)) => format!("found: {violation}"),
            Ok(None) => format!("NOT FOUND: {}", mutant.what),
            Err(problem) => format!("NOT TRIED: {problem}"),
        };
        println!(
            "{:>2} of {} {:<32} {:>3} s {outcome}",
            place + 1,
            wanted.len(),
            mutant.name,
            begun.elapsed().as_secs()
        );
        if !matches!(found, Ok(Some(_))) {
            survivors.push(mutant.name.as_str());
        }
    }
    drop(copy);
    println!("mutants={} survivors={}", wanted.len(), survivors.len());
    Ok(if survivors.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn read(folder: &Path) -> Result<Vec<Mutant>, String> {
    let failed = |error| format!("{}: {error}", folder.display());
    let entries = fs::read_dir(folder).map_err(failed)?;
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.sort();
    let mutant = |file: &PathBuf| {
        let name = file.file_stem().unwrap_or_default().display().to_string();
        let text = fs::read_to_string(file).map_err(failed)?;
        parse(&name, &text).ok_or_else(|| format!("{} is no mutant", file.display()))
    };
    files.iter().map(mutant).collect()
}

fn parse(name: &str, text: &str) -> Option<Mutant> {
    let (what, rest) = text.split_once("\n\nin ")?;
    let edit = |part: &str| {
        let (file, part) = part.split_once("\n<<<<\n")?;
        let (from, part) = part.split_once("\n====\n")?;
        // Nothing may stand in its place.
        let (to, _) = part.split_once("\n>>>>").or(part.split_once(">>>>"))?;
        Some(Edit {
            file: file.into(),
            from: from.to_owned(),
            to: to.to_owned(),
        })
    };
    Some(Mutant {
        name: name.to_owned(),
        what: what.trim().to_owned(),
        edits: rest.split("\n\nin ").map(edit).collect::<Option<_>>()?,
    })
}

/// A copy of the workspace, with a target folder of its own.
struct Copy {
    root: PathBuf,
    target: PathBuf,
}

impl Copy {
    fn make() -> Result<Self, String> {
        let root = workspace::root();
        let target = std::env::var_os("CARGO_TARGET_DIR")
            .map_or_else(|| root.join("target"), PathBuf::from)
            .join("mutants");
        let copy = Self {
            root: target.join("workspace"),
            target,
        };
        for file in ["Cargo.toml", "Cargo.lock", "README.md", "clippy.toml"] {
            copy_changed(&root.join(file), &copy.root.join(file))?;
        }
        for folder in ["beeorm", "beeorm-derive", "examples", "tests", "xtask"] {
            copy_folder(&root.join(folder), &copy.root.join(folder))?;
        }
        Ok(copy)
    }

    /// Makes the mistake, and lets the simulator look for it; then nothing is left of it.
    fn look_for(&self, mutant: &Mutant) -> Result<Option<String>, String> {
        let originals = self.apply(mutant)?;
        let found = self.simulate();
        for (file, original) in originals {
            write(&file, &original)?;
        }
        found
    }

    /// Makes the mistake; gives the files as they were. Where it cannot, nothing is changed.
    fn apply(&self, mutant: &Mutant) -> Result<Vec<(PathBuf, String)>, String> {
        let mut originals: Vec<(PathBuf, String)> = Vec::new();
        let mut changed: BTreeMap<PathBuf, String> = BTreeMap::new();
        for Edit { file, from, to } in &mutant.edits {
            let path = self.root.join(file);
            let text = match changed.get(&path) {
                Some(text) => text.clone(),
                None => fs::read_to_string(&path).map_err(|error| error.to_string())?,
            };
            let there = text.matches(from.as_str()).count();
            if there != 1 {
                return Err(format!(
                    "the mutant {} does not apply any more: its text is {there} times in {}; bring \
                     tests/simulate/mutants/{}.mutant up to date",
                    mutant.name,
                    file.display(),
                    mutant.name
                ));
            }
            let after = text.replace(from.as_str(), to);
            if changed.insert(path.clone(), after).is_none() {
                originals.push((path, text));
            }
        }
        for (path, text) in changed {
            write(&path, &text)?;
        }
        Ok(originals)
    }

    /// Builds and runs it; the first violation, if there is one.
    fn simulate(&self) -> Result<Option<String>, String> {
        let mut build = program::cargo();
        self.place(&mut build);
        build.arg("build").args(simulate::BUILD);
        if !program::run(&mut build)?.success() {
            return Err("it does not build".to_owned());
        }
        let mut command = Command::new(self.target.join("simulate").join(simulate::PACKAGE));
        command
            .args(["--first", "--seeds", SEEDS])
            .stderr(Stdio::null());
        let output = command.output().map_err(|error| error.to_string())?;
        let said = String::from_utf8_lossy(&output.stdout);
        match output.status.code() {
            Some(0) => Ok(None),
            Some(1) => {
                let seed = said.lines().next().unwrap_or_default();
                let seed = seed.split(':').next().unwrap_or_default();
                let violation = said.lines().nth(1).unwrap_or_default().trim();
                Ok(Some(format!("{seed}, {violation}")))
            }
            _ => Err(format!("the simulator ended with {}", output.status)),
        }
    }

    fn place(&self, command: &mut Command) {
        command
            .current_dir(&self.root)
            .env("CARGO_TARGET_DIR", &self.target)
            // Mistakes leave things unused.
            .env("RUSTFLAGS", "--cap-lints=allow")
            .env_remove("CARGO_MANIFEST_DIR");
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.target) {
            eprintln!("{} is left behind: {error}", self.target.display());
        }
    }
}

fn copy_folder(from: &Path, to: &Path) -> Result<(), String> {
    let failed = |error| format!("{}: {error}", from.display());
    // What is not there any more would still be built.
    if let Ok(entries) = fs::read_dir(to) {
        for path in entries.flatten().map(|entry| entry.path()) {
            let is_left = path
                .file_name()
                .is_some_and(|name| from.join(name).exists());
            if !is_left && path.is_dir() {
                fs::remove_dir_all(&path).map_err(failed)?;
            } else if !is_left {
                fs::remove_file(&path).map_err(failed)?;
            }
        }
    }
    for entry in fs::read_dir(from).map_err(failed)?.flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        if path.is_dir() && name != "target" {
            copy_folder(&path, &to.join(name))?;
        } else if path.is_file() {
            copy_changed(&path, &to.join(name))?;
        }
    }
    Ok(())
}

/// What is the same stays as old as it is, so that it is not built again.
fn copy_changed(from: &Path, to: &Path) -> Result<(), String> {
    let failed = |error| format!("{}: {error}", from.display());
    if !from.exists() {
        return Ok(());
    }
    let bytes = fs::read(from).map_err(failed)?;
    if fs::read(to).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    fs::write(to, bytes).map_err(failed)
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mutant_is_a_sentence_and_its_edits() {
        let text = "It is wrong.\n\nin a/b.rs\n<<<<\none\n\ntwo\n====\nthree\n>>>>\n\nin c.rs\n<<<<\nfour\n====\n\n>>>>\n";
        let edit = |file: &str, from: &str, to: &str| Edit {
            file: file.into(),
            from: from.to_owned(),
            to: to.to_owned(),
        };
        assert_eq!(
            parse("wrong", text),
            Some(Mutant {
                name: "wrong".to_owned(),
                what: "It is wrong.".to_owned(),
                edits: vec![
                    edit("a/b.rs", "one\n\ntwo", "three"),
                    edit("c.rs", "four", "")
                ],
            })
        );
        assert_eq!(parse("none", "It is wrong.\n"), None);
    }

    #[test]
    fn all_of_them_apply() {
        let root = workspace::root();
        let mutants = read(&root.join("tests/simulate/mutants")).unwrap();
        assert!(mutants.len() >= 12);
        for mutant in mutants {
            for edit in mutant.edits {
                let text = fs::read_to_string(root.join(&edit.file)).unwrap();
                assert_eq!(text.matches(&edit.from).count(), 1, "{}", mutant.name);
            }
        }
    }
}
