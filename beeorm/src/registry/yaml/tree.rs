//! YAML as a tree that knows its lines.

use super::super::redact::redact;
use saphyr_parser::{Event, Parser, ScalarStyle};

/// A value and the line on which it begins, from 1.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) line: usize,
    pub(super) content: Content,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Content {
    Text(String),
    Integer(i64),
    Bool(bool),
    Null,
    List(Vec<Node>),
    /// Keys in the order in which they stand, each once.
    Map(Vec<(Key, Node)>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) text: String,
    pub(super) line: usize,
}

impl Key {
    /// For messages: the key of a sentinels' master holds its password.
    pub(super) fn shown(&self) -> String {
        redact(&self.text)
    }
}

/// Where the text is no YAML, or uses what a configuration has no need of.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mistake {
    pub(super) line: usize,
    pub(super) problem: String,
}

/// Deeper than any configuration is.
const DEPTH: usize = 16;

/// The one document of the text.
pub(super) fn read(text: &str) -> Result<Node, Mistake> {
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| Mistake {
            line: error.marker().line(),
            problem: format!("this is no YAML: {}", error.info()),
        })?;
        let line = span.start.line();
        builder
            .event(event, line)
            .map_err(|problem| Mistake { line, problem })?;
    }
    Ok(builder.root.unwrap_or(Node {
        line: 1,
        content: Content::Null,
    }))
}

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    root: Option<Node>,
}

/// A list or map whose end has not come.
enum Open {
    List {
        line: usize,
        items: Vec<Node>,
    },
    Map {
        line: usize,
        entries: Vec<(Key, Node)>,
        key: Option<Key>,
    },
}

impl Builder {
    fn event(&mut self, event: Event<'_>, line: usize) -> Result<(), String> {
        match event {
            Event::Scalar(text, style, _, _) => {
                let content = if style == ScalarStyle::Plain {
                    plain(&text)
                } else {
                    Content::Text(text.into_owned())
                };
                self.add(Node { line, content })
            }
            Event::SequenceStart(..) => self.begin(Open::List {
                line,
                items: Vec::new(),
            }),
            Event::MappingStart(..) => self.begin(Open::Map {
                line,
                entries: Vec::new(),
                key: None,
            }),
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(Open::List { line, items }) => self.add(Node {
                    line,
                    content: Content::List(items),
                }),
                Some(Open::Map { line, entries, .. }) => self.add(Node {
                    line,
                    content: Content::Map(entries),
                }),
                None => Ok(()),
            },
            Event::Alias(_) => {
                Err("aliases (`*name`) are not read here; write the value out".to_owned())
            }
            Event::DocumentStart(_) if self.root.is_some() => {
                Err("a second document begins here; leave only one".to_owned())
            }
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => Ok(()),
        }
    }

    fn begin(&mut self, open: Open) -> Result<(), String> {
        if self.open.len() >= DEPTH {
            return Err("this is nested too deeply".to_owned());
        }
        self.open.push(open);
        Ok(())
    }

    fn add(&mut self, node: Node) -> Result<(), String> {
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Open::List { items, .. }) => items.push(node),
            Some(Open::Map { entries, key, .. }) => match key.take() {
                Some(key) => entries.push((key, node)),
                None => *key = Some(new_key(node, entries)?),
            },
        }
        Ok(())
    }
}

fn new_key(node: Node, entries: &[(Key, Node)]) -> Result<Key, String> {
    let text = match node.content {
        Content::Text(text) => text,
        Content::Integer(number) => number.to_string(),
        Content::Bool(value) => value.to_string(),
        Content::Null => return Err("a key is missing before the colon".to_owned()),
        Content::List(_) | Content::Map(_) => {
            return Err("a key is a word, no list and no map".to_owned());
        }
    };
    match entries.iter().find(|(key, _)| key.text == text) {
        Some((first, _)) => Err(format!(
            "the key {:?} stands on line {} already",
            redact(&text),
            first.line
        )),
        None => Ok(Key {
            text,
            line: node.line,
        }),
    }
}

/// What text without quotes means, by YAML's core schema as far as a configuration needs it.
fn plain(text: &str) -> Content {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Content::Null,
        "true" | "True" | "TRUE" => Content::Bool(true),
        "false" | "False" | "FALSE" => Content::Bool(false),
        _ => text
            .parse()
            .map_or_else(|_| Content::Text(text.to_owned()), Content::Integer),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_known() {
        let node = read("# comment\nfirst:\n  - 1\n  - \"1\"\n\nsecond: ~\n").unwrap();
        let Content::Map(entries) = node.content else {
            panic!()
        };
        let text = |line, text: &str| Node {
            line,
            content: Content::Text(text.to_owned()),
        };
        let key = |line, text: &str| Key {
            text: text.to_owned(),
            line,
        };
        let list = vec![
            Node {
                line: 3,
                content: Content::Integer(1),
            },
            text(4, "1"),
        ];
        assert_eq!(
            entries,
            [
                (
                    key(2, "first"),
                    Node {
                        line: 3,
                        content: Content::List(list)
                    }
                ),
                (
                    key(6, "second"),
                    Node {
                        line: 6,
                        content: Content::Null
                    }
                ),
            ]
        );
    }

    #[test]
    fn what_is_no_configuration() {
        fn refused(text: &str) -> Mistake {
            read(text).unwrap_err()
        }
        assert_eq!(
            refused("a: 1\nb: 1\na: 2"),
            Mistake {
                line: 3,
                problem: "the key \"a\" stands on line 1 already".to_owned()
            }
        );
        assert_eq!(refused("a: &x 1\nb: *x").line, 2);
        assert_eq!(refused("a: 1\n---\nb: 1").line, 2);
        assert_eq!(refused("a: 1\n  b: 2").line, 2);
        assert!(refused(&"- ".repeat(10_000)).problem.contains("nested"));
        assert_eq!(refused(&"[".repeat(10_000)).line, 1);
        assert!(refused("[1]: 2").problem.contains("no list"));
        assert!(refused("a: 'x").problem.contains("no YAML"));
    }
}
