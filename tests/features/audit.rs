//! The audit itself: a short run is clean, and what is tampered with afterwards is seen.

use std::{path::Path, process::Command};

use crate::support::servers;

/// The figure of this name in a line of them.
fn figure(line: &str, name: &str) -> u64 {
    let found = line
        .split_whitespace()
        .find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
    found
        .unwrap_or_else(|| panic!("no {name} in {line:?}"))
        .parse()
        .unwrap()
}

#[test]
fn a_short_run_is_clean_and_tampering_is_seen() {
    if servers().kind == "given" {
        eprintln!("given servers are not the tests' to kill");
        return;
    }
    let output = Command::new(env!("CARGO_BIN_EXE_beeorm-audit"))
        .args(["--minutes", "0.2", "--servers", &servers().kind])
        .args([
            "--sabotage",
            "lost",
            "--sabotage",
            "duplicate",
            "--sabotage",
            "reorder",
        ])
        .output()
        .unwrap();
    eprintln!("{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout);
    println!("{text}");
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("acked="))
        .collect();
    let [clean, lost, duplicated, reordered] = lines[..] else {
        panic!("{lines:?}")
    };
    for kind in ["lost", "duplicated", "out_of_order", "unresolved"] {
        assert_eq!(figure(clean, kind), 0, "{kind}");
    }
    assert!(figure(clean, "acked") > 100 && figure(clean, "faults") > 0);
    assert!(figure(clean, "dead") > 0 && figure(clean, "skipped") > 0);
    assert_eq!(figure(lost, "lost"), 1);
    assert_eq!(
        (figure(duplicated, "lost"), figure(duplicated, "duplicated")),
        (1, 1)
    );
    assert_eq!(figure(reordered, "out_of_order"), 1);
    assert_eq!(output.status.code(), Some(1));
    // A consumer that no signal reaches is told of, and found unresolved above.
    assert!(!text.contains("was not ended"));
    let folder = text.lines().find_map(|line| line.strip_prefix("folder:  "));
    assert!(!Path::new(folder.expect("it tells its folder")).exists());
}
