//! BeeORM's YAML: names of pools, and what each pool is.

mod pool;
mod sentinel;
mod streams;
mod tree;

use std::path::Path;

use self::tree::{Content, Key, Node};
use super::{
    ConfigError, ConfigErrors, PoolOptions, PoolUrl, Registry, pool::Pool, similar::advice,
};

/// The registry that the text describes; every mistake in it otherwise.
pub(super) fn read(text: &str, file: Option<&str>) -> Result<Registry, ConfigErrors> {
    let mut reader = Reader {
        registry: Registry::new(),
        file,
        mistakes: Vec::new(),
    };
    match tree::read(text) {
        Ok(root) => reader.root(root),
        Err(mistake) => reader.mistake(mistake.line, mistake.problem),
    }
    let mut mistakes = reader.mistakes;
    mistakes.sort_by_key(|mistake| {
        if let ConfigError::Yaml { line, .. } = mistake {
            *line
        } else {
            0
        }
    });
    match ConfigErrors::of(mistakes) {
        Some(errors) => Err(errors),
        None => Ok(reader.registry),
    }
}

pub(super) fn read_file(path: &Path) -> Result<Registry, ConfigErrors> {
    let file = path.display().to_string();
    match std::fs::read_to_string(path) {
        Ok(text) => read(&text, Some(&file)),
        Err(error) => Err(ConfigErrors::one(ConfigError::File {
            file,
            reason: error.to_string(),
        })),
    }
}

/// Reads on after a mistake, to find the others.
struct Reader<'a> {
    registry: Registry,
    file: Option<&'a str>,
    mistakes: Vec<ConfigError>,
}

impl Reader<'_> {
    fn mistake(&mut self, line: usize, problem: impl Into<String>) {
        let file = self.file.map(str::to_owned);
        self.mistakes.push(ConfigError::Yaml {
            file,
            line,
            problem: problem.into(),
        });
    }

    fn root(&mut self, root: Node) {
        if root.content == Content::Null {
            return;
        }
        let Some(pools) = self.map(root, "the file", "default: {mysql: …, redis: …}") else {
            return;
        };
        for (name, pool) in pools {
            self.pool(&name, pool);
        }
    }

    fn add(&mut self, line: usize, name: &str, url: Result<PoolUrl, String>, options: PoolOptions) {
        match url {
            Ok(url) => self.registry.pools.push(Pool {
                name: name.to_owned(),
                url,
                options,
            }),
            Err(problem) => self.mistake(line, problem),
        }
    }

    fn unknown_key(&mut self, key: &Key, known: &[&str]) {
        let advice = advice(&key.text, known);
        self.mistake(
            key.line,
            format!("the key {:?} is not known; {advice}", key.shown()),
        );
    }

    fn map(&mut self, node: Node, what: &str, example: &str) -> Option<Vec<(Key, Node)>> {
        match node.content {
            Content::Map(entries) => Some(entries),
            // Go's documentation has `redis:localhost:6379:0`, which is one word.
            Content::Text(text) if text.contains(':') => {
                let problem = format!(
                    "{what} takes keys and values, as in `{example}`; is a space missing behind a colon?"
                );
                self.mistake(node.line, problem);
                None
            }
            _ => {
                self.mistake(
                    node.line,
                    format!("{what} takes keys and values, as in `{example}`"),
                );
                None
            }
        }
    }

    fn text(&mut self, key: &Key, node: &Node, example: &str) -> Option<String> {
        match &node.content {
            Content::Text(text) if !text.is_empty() => Some(text.clone()),
            Content::Null | Content::Text(_) => {
                self.mistake(
                    key.line,
                    format!(
                        "{:?} is empty; it takes text, as in `{example}`",
                        key.shown()
                    ),
                );
                None
            }
            _ => {
                self.mistake(
                    node.line,
                    format!("{:?} takes text, as in `{example}`", key.shown()),
                );
                None
            }
        }
    }

    fn positive(&mut self, key: &Key, node: &Node, example: &str) -> Option<u64> {
        if let Content::Integer(number) = node.content
            && let Ok(number) = u64::try_from(number)
            && number > 0
        {
            return Some(number);
        }
        self.mistake(
            node.line,
            format!("{:?} takes a number above 0, as in `{example}`", key.text),
        );
        None
    }

    /// A list of text.
    fn texts(&mut self, key: &Key, node: Node, example: &str) -> Option<Vec<String>> {
        let Content::List(items) = node.content else {
            self.mistake(
                node.line,
                format!("{:?} takes a list, as in `{example}`", key.shown()),
            );
            return None;
        };
        items
            .iter()
            .map(|item| {
                self.text(
                    &Key {
                        line: item.line,
                        ..key.clone()
                    },
                    item,
                    example,
                )
            })
            .collect()
    }
}

#[cfg(test)]
mod tests;
