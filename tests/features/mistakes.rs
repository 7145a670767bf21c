//! What the compiler says of mistakes in a user's program: of each mistake in `tests/mistakes`, in the library's words,
//! and pointing at what is wrong.

use beeorm_tests::cargo;
use serde_json::Value;

/// A mistake, and what stands below it in the program.
#[derive(Debug, Default)]
struct Expected<'a> {
    line: u64,
    /// What the compiler points at.
    at: &'a str,
    message: &'a str,
    notes: Vec<&'a str>,
}

#[test]
fn are_answered_in_the_librarys_words() {
    let program = include_str!("../mistakes/main.rs");
    let said = compile();
    let expected = expected(program);
    assert!(expected.len() > 20, "{expected:?}");
    for expected in &expected {
        let of_it: Vec<&Value> = said
            .iter()
            .filter(|said| line(said) == expected.line)
            .collect();
        let found = of_it
            .iter()
            .any(|said| is_as_expected(said, expected, program));
        let shown: Vec<String> = of_it.iter().map(|said| said.to_string()).collect();
        assert!(found, "{expected:?}, and not:\n{}", shown.join("\n"));
    }
    for said in &said {
        let message = text(&said["message"]);
        let is_ours = !message.starts_with("the trait bound");
        assert!(is_ours, "the compiler's own words: {message}");
        let told_of = expected.iter().any(|expected| expected.line == line(said));
        // What is derived for a struct is as wrong as its fields are.
        let is_derived = program_line(program, line(said)).contains("struct")
            || program_line(program, line(said)).contains("derive");
        assert!(told_of || is_derived, "nobody expects: {said}");
    }
}

/// The errors, of which each points somewhere.
fn compile() -> Vec<Value> {
    let compiled = cargo(env!("CARGO"))
        .args(["build", "--quiet", "--workspace", "--message-format=json"])
        .args(["--bin", "beeorm-mistakes"])
        .args(["--features", "beeorm-mistakes/wrong"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(!compiled.status.success(), "a wrong program was built");
    let said = String::from_utf8_lossy(&compiled.stdout);
    let errors = said
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|said| said["target"]["name"] == "beeorm-mistakes")
        .map(|said| said["message"].clone())
        .filter(|message| message["level"] == "error" && primary(message).is_some());
    let errors: Vec<Value> = errors.collect();
    let told = String::from_utf8_lossy(&compiled.stderr);
    assert!(!errors.is_empty(), "cargo did not come so far: {told}");
    errors
}

fn expected(program: &str) -> Vec<Expected<'_>> {
    let (mut expected, mut code): (Vec<Expected<'_>>, u64) = (Vec::new(), 0);
    for (line, number) in program.lines().zip(1..) {
        let line = line.trim_start();
        if let Some(note) = line.strip_prefix("//~| ") {
            let mistake = expected.last_mut().expect("a note is of a mistake");
            mistake.notes.push(note);
        } else if let Some(mistake) = line.strip_prefix("//~ ") {
            let (at, message) = mistake.split_once(": ").expect("a place and a message");
            expected.push(Expected {
                line: code,
                at,
                message,
                notes: Vec::new(),
            });
        } else {
            code = number;
        }
    }
    expected
}

fn is_as_expected(said: &Value, expected: &Expected<'_>, program: &str) -> bool {
    let children = said["children"].as_array().into_iter().flatten();
    let notes: Vec<&str> = children.map(|child| text(&child["message"])).collect();
    let place = |side: &str| {
        let column = primary(said).and_then(|span| span[side].as_u64());
        column.map_or(0, |column| usize::try_from(column).unwrap_or(0))
    };
    let (from, to) = (place("column_start"), place("column_end"));
    let line = program_line(program, expected.line);
    text(&said["message"]) == expected.message
        && line.get(from.saturating_sub(1)..to.saturating_sub(1)) == Some(expected.at)
        && expected.notes.iter().all(|note| notes.contains(note))
}

fn primary(said: &Value) -> Option<&Value> {
    let mut spans = said["spans"].as_array()?.iter();
    spans.find(|span| span["is_primary"] == true)
}

fn line(said: &Value) -> u64 {
    primary(said)
        .and_then(|span| span["line_start"].as_u64())
        .unwrap_or(0)
}

fn program_line(program: &str, number: u64) -> &str {
    let number = usize::try_from(number).unwrap_or(0);
    program
        .lines()
        .nth(number.saturating_sub(1))
        .unwrap_or_default()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
