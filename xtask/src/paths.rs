//! The paths in a file that begin at the crate's root, `crate::a`, `crate::{a, b::c}` and enough `super::`s alike.

use crate::source::Token;

/// Where a file stands among the modules: `engine/flush.rs` is `["engine", "flush"]`, `lib.rs` is `[]`.
pub(crate) fn module_of(file: &str) -> Vec<String> {
    let mut path: Vec<String> = file
        .trim_end_matches(".rs")
        .split(['/', '\\'])
        .map(str::to_owned)
        .collect();
    if path
        .last()
        .is_some_and(|last| ["mod", "lib"].contains(&last.as_str()))
    {
        path.pop();
    }
    path
}

/// The tokens without what stands under `#[cfg(test)]`.
pub(crate) fn without_tests(tokens: &[Token]) -> Vec<Token> {
    let mut kept = Vec::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        match end_of_test_attribute(tokens, at) {
            Some(item) => at = end_of_item(tokens, item),
            None => {
                kept.push(token.clone());
                at += 1;
            }
        }
    }
    kept
}

/// The first names of all paths from the root, each with its line.
pub(crate) fn from_root<'a>(tokens: &'a [Token], module: &[String]) -> Vec<&'a Token> {
    let mut found = Vec::new();
    let mut braces = 0_usize;
    let mut inline_modules = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        match token.text.as_str() {
            "{" => {
                braces += 1;
                if at >= 2 && is(tokens, at - 2, &["mod"]) {
                    inline_modules.push(braces);
                }
            }
            "}" => {
                if inline_modules.last() == Some(&braces) {
                    inline_modules.pop();
                }
                braces = braces.saturating_sub(1);
            }
            "crate" if is(tokens, at + 1, &[":", ":"]) => names(tokens, at + 3, &mut found),
            // The first `super` of a chain, long enough to end at the root.
            "super" if at == 0 || !is(tokens, at - 1, &[":"]) => {
                let count = supers(tokens, at);
                if count == module.len() + inline_modules.len() {
                    names(tokens, at + 3 * count, &mut found);
                }
            }
            _ => {}
        }
    }
    found
}

/// Whether these words stand there.
pub(crate) fn is(tokens: &[Token], at: usize, words: &[&str]) -> bool {
    words.iter().enumerate().all(|(ahead, word)| {
        tokens
            .get(at + ahead)
            .is_some_and(|token| token.text == *word)
    })
}

fn supers(tokens: &[Token], at: usize) -> usize {
    (0..)
        .take_while(|count| is(tokens, at + 3 * count, &["super", ":", ":"]))
        .count()
}

/// What follows `crate::`: one name, or the first names in a group.
fn names<'a>(tokens: &'a [Token], at: usize, found: &mut Vec<&'a Token>) {
    if !is(tokens, at, &["{"]) {
        found.extend(tokens.get(at));
        return;
    }
    let mut depth = 0_usize;
    let mut begins = false;
    for token in tokens.get(at..).unwrap_or_default() {
        match token.text.as_str() {
            "{" => {
                depth += 1;
                begins = depth == 1;
            }
            "}" if depth == 1 => return,
            "}" => depth -= 1,
            "," if depth == 1 => begins = true,
            _ if begins => {
                found.push(token);
                begins = false;
            }
            _ => {}
        }
    }
}

/// Where the item after a `#[cfg(test)]`, or `#[cfg(all(test, …))]`, begins.
fn end_of_test_attribute(tokens: &[Token], at: usize) -> Option<usize> {
    if !is(tokens, at, &["#", "[", "cfg", "("]) {
        return None;
    }
    let length = tokens
        .get(at..)?
        .iter()
        .position(|token| token.text == "]")?;
    let words = tokens.get(at..at + length)?;
    let says = |word: &str| words.iter().any(|token| token.text == word);
    (says("test") && !says("not") && !says("any")).then_some(at + length + 1)
}

/// The end of an item: its `;`, or the brace that closes its first.
fn end_of_item(tokens: &[Token], at: usize) -> usize {
    let mut depth = 0_usize;
    for (ahead, token) in tokens.get(at..).unwrap_or_default().iter().enumerate() {
        match token.text.as_str() {
            "{" => depth += 1,
            "}" if depth <= 1 => return at + ahead + 1,
            "}" => depth -= 1,
            ";" if depth == 0 => return at + ahead + 1,
            _ => {}
        }
    }
    tokens.len()
}
