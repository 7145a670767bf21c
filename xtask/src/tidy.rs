//! `cargo xtask tidy`: what a machine can say about the code's order.

use std::process::ExitCode;

use crate::{arrows, build, program, workspace};

/// A longer file is more than one idea.
const LONGEST: usize = 700;

/// Features that are checked without the others: none, each backend's by themselves, and the suites without backends.
/// The full set is what everything else is built with.
const PARTIAL: [&str; 5] = [
    "",
    "mysql,redis",
    "embedded",
    "redis,chrono,decimal,json,yaml",
    "conformance,simulation",
];

pub(crate) fn run(arguments: &[String]) -> Result<ExitCode, String> {
    if let Some(unknown) = arguments.first() {
        return Err(format!("`tidy` takes no arguments, `{unknown}` neither"));
    }
    build::announce("what the checks look at");
    // Each check runs, whatever the others said: one run shows all there is to mend.
    let mut untidy = Vec::new();
    let mut check = |name, clean: Result<bool, String>| {
        if !clean? {
            untidy.push(name);
        }
        Ok::<(), String>(())
    };
    check("cargo fmt", cargo(&["fmt", "--all", "--check"]))?;
    // A workspace of its own; to build it takes too long.
    let benchmarks = ["fmt", "--check", "--manifest-path", "bench/Cargo.toml"];
    check("cargo fmt of the benchmarks", cargo(&benchmarks))?;
    let clippy = [
        "clippy",
        "--quiet",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ];
    check("cargo clippy", cargo(&clippy))?;
    check(
        "cargo doc",
        cargo(&["doc", "--quiet", "--workspace", "--no-deps"]),
    )?;
    for features in PARTIAL {
        let command = [
            "clippy",
            "--quiet",
            "--package",
            "beeorm",
            "--no-default-features",
            "--features",
            features,
            "--",
            "-D",
            "warnings",
        ];
        check("cargo clippy with some of the features", cargo(&command))?;
    }
    check("the arrows between rooms", Ok(clean_arrows()))?;
    check("the length of files", Ok(clean_lengths()))?;
    if untidy.is_empty() {
        println!("cargo xtask tidy: all is tidy");
        return Ok(ExitCode::SUCCESS);
    }
    println!(
        "cargo xtask tidy: to mend, see above: {}",
        untidy.join(", ")
    );
    Ok(ExitCode::FAILURE)
}

fn cargo(arguments: &[&str]) -> Result<bool, String> {
    eprintln!("xtask: cargo {}", arguments.join(" "));
    let mut command = program::cargo();
    command.args(arguments).env("RUSTDOCFLAGS", "-D warnings");
    Ok(program::run(&mut command)?.success())
}

fn clean_arrows() -> bool {
    let source = workspace::root().join("beeorm/src");
    let mut clean = true;
    for path in workspace::rust_files(&source) {
        let name = path
            .strip_prefix(&source)
            .unwrap_or(&path)
            .display()
            .to_string();
        let complaints = match std::fs::read_to_string(&path) {
            Ok(text) => arrows::check(&name, &text),
            Err(error) => vec![format!("{name}: {error}")],
        };
        for complaint in complaints {
            println!("beeorm/src/{complaint}");
            clean = false;
        }
    }
    clean
}

fn clean_lengths() -> bool {
    let root = workspace::root();
    let mut clean = true;
    for path in workspace::rust_files(&root) {
        let lines = std::fs::read_to_string(&path)
            .unwrap_or_default()
            .lines()
            .count();
        if lines > LONGEST {
            let name = path.strip_prefix(&root).unwrap_or(&path).display();
            println!(
                "{name}: {lines} lines, and {LONGEST} is the most: give each of its ideas a file"
            );
            clean = false;
        }
    }
    clean
}
