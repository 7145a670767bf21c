use std::time::Duration;

use super::{
    super::{pool::StreamPlace, similar::is_slip},
    Content, Key, Node, Reader,
};
use crate::{
    publish::{Durability, OnFull},
    stream::{BACKGROUND_CONSUMER_GROUP, LAZY_CHANNEL},
};

const KEYS: [&str; 6] = [
    "groups",
    "durability",
    "fsync_replicas",
    "fsync_timeout",
    "max_len",
    "on_full",
];

const EXAMPLE: &str = "streams: {orm-lazy-channel: [orm-async-consumer]}";
const DURABILITY: &str = "durability: fsynced";
const TIMEOUT: &str = "fsync_timeout: 500ms";
const ON_FULL: &str = "on_full: wait 2s";

impl Reader<'_> {
    /// Of each stream the groups; or, of the lazy channel, a map of these and its options.
    pub(super) fn streams(&mut self, name: &Key, node: Node) {
        for (stream, node) in self.map(node, "\"streams\"", EXAMPLE).unwrap_or_default() {
            if is_slip(&stream.text, LAZY_CHANNEL) {
                let stream_name = &stream.text;
                let problem = format!(
                    "the stream {stream_name:?} is used by nothing; did you mean {LAZY_CHANNEL:?}?"
                );
                self.mistake(stream.line, problem);
                continue;
            }
            let groups = match node.content {
                Content::Map(options) if stream.text == LAZY_CHANNEL => self.lazy_channel(options),
                Content::Map(_) => {
                    let problem =
                        format!("only {LAZY_CHANNEL:?} has options; write `{EXAMPLE}` for others");
                    self.mistake(stream.line, problem);
                    None
                }
                _ => self.texts(&stream, node, EXAMPLE),
            };
            if let Some(groups) = groups {
                self.stream(name, stream, groups);
            }
        }
    }

    fn stream(&mut self, pool: &Key, stream: Key, groups: Vec<String>) {
        if groups.len() == 1 {
            self.registry.streams.push(StreamPlace {
                stream: stream.text,
                pool: pool.text.clone(),
                groups,
            });
            return;
        }
        let several = if groups.len() > 1 {
            "several are not supported yet; "
        } else {
            ""
        };
        let problem = format!(
            "the stream {:?} has {} groups; {several}give it one",
            stream.text,
            groups.len()
        );
        self.mistake(stream.line, problem);
    }

    /// Its groups.
    fn lazy_channel(&mut self, options: Vec<(Key, Node)>) -> Option<Vec<String>> {
        let mut groups = Some(vec![BACKGROUND_CONSUMER_GROUP.to_owned()]);
        for (key, value) in options {
            match key.text.as_str() {
                "groups" => groups = self.texts(&key, value, EXAMPLE),
                "durability" => {
                    let read = |text: &str| match text {
                        "appended" => Some(Durability::Appended),
                        "fsynced" => Some(Durability::Fsynced),
                        _ => None,
                    };
                    let durability =
                        self.word(&key, &value, read, "appended or fsynced", DURABILITY);
                    self.registry.lazy.durability = durability.unwrap_or_default();
                }
                "fsync_replicas" => {
                    let number = self.positive(&key, &value, "fsync_replicas: 1");
                    let number = number.map(|number| u32::try_from(number).unwrap_or(u32::MAX));
                    self.registry.lazy.fsync_replicas = number.unwrap_or_default();
                }
                "fsync_timeout" => {
                    let time = self.word(&key, &value, time, "a time in ms, s or m", TIMEOUT);
                    self.registry.lazy.fsync_timeout = time;
                }
                "max_len" => {
                    self.registry.lazy.max_len = self.positive(&key, &value, "max_len: 1000000");
                }
                "on_full" => {
                    let read = |text: &str| match text.split_once(' ') {
                        None if text == "error" => Some(OnFull::Error),
                        Some(("wait", patience)) => time(patience.trim()).map(OnFull::Wait),
                        _ => None,
                    };
                    self.registry.lazy.on_full =
                        self.word(&key, &value, read, "error, or wait and a time", ON_FULL);
                }
                _ => self.unknown_key(&key, &KEYS),
            }
        }
        groups
    }

    /// Text that is one of a few things.
    fn word<T>(
        &mut self,
        key: &Key,
        node: &Node,
        read: impl Fn(&str) -> Option<T>,
        what: &str,
        example: &str,
    ) -> Option<T> {
        let text = self.text(key, node, example)?;
        let read = read(&text);
        if read.is_none() {
            let problem = format!("{:?} takes {what}, as in `{example}`", key.text);
            self.mistake(node.line, problem);
        }
        read
    }
}

/// `500ms`, `2s` or `1m`.
fn time(text: &str) -> Option<Duration> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let number: u64 = digits.parse().ok()?;
    match text.strip_prefix(digits)? {
        "ms" => Some(Duration::from_millis(number)),
        "s" => Some(Duration::from_secs(number)),
        "m" => number.checked_mul(60).map(Duration::from_secs),
        _ => None,
    }
}
