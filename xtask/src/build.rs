//! Having cargo build something, which it says first: it may take minutes.
//!
//! All of it is built for the whole workspace and in one profile, so that cargo chooses the same features for each
//! dependency whatever is built, and compiles none twice (`tests/Cargo.toml` has what that takes).

use std::process::ExitStatus;

use crate::program;

/// Builds these programs of the workspace, and its libraries, of which one is loaded by those programs.
pub(crate) fn programs(names: &[&str]) -> Result<ExitStatus, String> {
    let mut build = program::cargo();
    build.args(["build", "--workspace", "--lib"]);
    for name in names {
        build.args(["--bin", name]);
    }
    announce(&names.join(", "));
    program::run(&mut build)
}

/// Says what is being built.
pub(crate) fn announce(what: &str) {
    eprintln!("xtask: building {what}; the first time this takes some minutes");
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Each package with the features that it is built with, as `cargo tree` tells them.
    fn packages(kinds: &str) -> BTreeSet<String> {
        let mut tree = program::cargo();
        tree.args(["tree", "--workspace", "--offline", "--edges", kinds])
            .args(["--prefix", "none", "--no-dedupe", "--format", "{p} {f}"]);
        let output = tree.output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{told}");
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn programs_are_built_with_the_features_of_their_tests() {
        let (of_tests, of_programs) = (packages("normal,build,dev"), packages("normal,build"));
        assert!(of_programs.len() > 100, "{of_programs:?}");
        let twice: Vec<_> = of_programs.difference(&of_tests).collect();
        assert!(
            twice.is_empty(),
            "compiled once for programs and once for tests: {twice:#?}"
        );
    }
}
