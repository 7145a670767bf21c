use super::{
    super::{PoolOptions, PoolUrl, pool::PoolKind},
    Content, Key, Node, Reader,
};

const KEYS: [&str; 7] = [
    "mysql",
    "redis",
    "sentinel",
    "streams",
    "local_cache",
    "mysqlEncoding",
    "mysqlCollate",
];

const MYSQL_KEYS: [&str; 4] = [
    "uri",
    "MaxOpenConnections",
    "DefaultEncoding",
    "DefaultCollate",
];

const MYSQL: &str = "mysql: mysql://user:password@host:3306/database";
const REDIS: &str = "redis: localhost:6379:0";
const COLLATE: &str = "mysqlCollate: 0900_ai_ci";
const ENCODING: &str = "mysqlEncoding: utf8mb4";
const CONNECTIONS: &str = "MaxOpenConnections: 20";

/// How many values a local cache holds where BeeORM's YAML says just `true`.
const LOCAL_CACHE: u64 = 100_000;

impl Reader<'_> {
    pub(super) fn pool(&mut self, name: &Key, node: Node) {
        let Some(entries) = self.map(
            node,
            &format!("the pool {:?}", name.text),
            &format!("{}: {{{REDIS}}}", name.text),
        ) else {
            return;
        };
        let mut options = PoolOptions::new();
        let mut mysql = None;
        let mut stream_pool = None;
        let mut tables_key = None;
        for (key, value) in entries {
            match key.text.as_str() {
                "mysql" => mysql = Some(self.mysql(&key, value, &mut options)),
                "mysqlEncoding" => {
                    options.encoding = self.text(&key, &value, ENCODING);
                    tables_key = Some(key);
                }
                "mysqlCollate" => {
                    options.collate = self.text(&key, &value, COLLATE);
                    tables_key = Some(key);
                }
                "redis" | "sentinel" => {
                    if let Some(line) = stream_pool.replace(key.line) {
                        let problem = format!(
                            "the pool {:?} has a Redis on line {line} already; give one another name",
                            name.text
                        );
                        self.mistake(key.line, problem);
                    } else if key.text == "redis" {
                        self.redis(name, &key, &value);
                    } else {
                        self.sentinel(name, &key, value);
                    }
                }
                "streams" => self.streams(name, value),
                "local_cache" => self.local_cache(name, &key, &value),
                _ => self.unknown_key(&key, &KEYS),
            }
        }
        match (mysql, tables_key) {
            (Some(Some((line, url))), _) => self.add(line, &name.text, url, options),
            (None, Some(key)) => {
                self.mistake(
                    key.line,
                    format!(
                        "{:?} stands in a pool without `mysql`; put it into the one it is for",
                        key.text
                    ),
                );
            }
            _ => {}
        }
    }

    /// A URL, or a map of the URL and what later versions of BeeORM have beside it.
    fn mysql(
        &mut self,
        key: &Key,
        node: Node,
        options: &mut PoolOptions,
    ) -> Option<(usize, Result<PoolUrl, String>)> {
        let Content::Map(entries) = node.content else {
            return self
                .text(key, &node, MYSQL)
                .map(|text| (key.line, url_of(PoolKind::Database, &text)));
        };
        let mut uri = None;
        for (key, value) in entries {
            match key.text.as_str() {
                "uri" => {
                    let text = self.text(
                        &key,
                        &value,
                        "uri: mysql://user:password@host:3306/database",
                    );
                    uri = Some(text.map(|text| (key.line, url_of(PoolKind::Database, &text))));
                }
                "MaxOpenConnections" => {
                    let number = self.positive(&key, &value, CONNECTIONS);
                    options.max_connections =
                        number.map(|number| u32::try_from(number).unwrap_or(u32::MAX));
                }
                "DefaultEncoding" => {
                    options.encoding = self.text(&key, &value, "DefaultEncoding: utf8mb4")
                }
                "DefaultCollate" => {
                    options.collate = self.text(&key, &value, "DefaultCollate: 0900_ai_ci")
                }
                "ConnMaxLifetime" | "MaxIdleConnections" => {
                    self.mistake(
                        key.line,
                        format!("there is nothing like {:?}: leave it out", key.text),
                    );
                }
                _ => self.unknown_key(&key, &MYSQL_KEYS),
            }
        }
        if uri.is_none() {
            self.mistake(key.line, format!("\"mysql\" has no `uri`; write `{MYSQL}`"));
        }
        uri.flatten()
    }

    fn redis(&mut self, name: &Key, key: &Key, value: &Node) {
        if let Some(text) = self.text(key, value, REDIS) {
            self.add(
                key.line,
                &name.text,
                url_of(PoolKind::Stream, &text),
                PoolOptions::new(),
            );
        }
    }

    fn local_cache(&mut self, name: &Key, key: &Key, value: &Node) {
        let size = match value.content {
            Content::Bool(true) => Some(LOCAL_CACHE),
            _ => self.positive(key, value, "local_cache: 1000"),
        };
        self.registry
            .local_caches
            .extend(size.map(|size| (name.text.clone(), size)));
    }
}

/// Under `mysql` stands a database, under `redis` none.
fn url_of(kind: PoolKind, text: &str) -> Result<PoolUrl, String> {
    if text.contains("${") {
        return Err(
            "variables, `${…}`, are not filled in; fill them in before the YAML is read, or give this pool in code: \
             `.pool(name, std::env::var(\"…\")?)`"
                .to_owned(),
        );
    }
    let url = PoolUrl::parse(text).map_err(|wrong| wrong.problem)?;
    match (kind, url.kind() == kind) {
        (_, true) => Ok(url),
        (PoolKind::Database, false) => Err(format!(
            "this is no database; write it as `redis: {}`",
            url.shown()
        )),
        (PoolKind::Stream, false) => Err(format!(
            "this is a database; write it as `mysql: {}`",
            url.shown()
        )),
    }
}
