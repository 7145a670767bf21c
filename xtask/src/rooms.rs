//! The rooms of `beeorm` and what each may use: the table of ARCHITECTURE.md, as code.
//!
//! `mod`s and tests are not in it: a room's tests may use what they like.

/// A top-level module of `beeorm`.
#[derive(Debug)]
pub(crate) struct Room {
    pub(crate) name: &'static str,
    /// Beside itself and [`EVERYWHERE`].
    pub(crate) may_use: &'static [&'static str],
}

const fn room(name: &'static str, may_use: &'static [&'static str]) -> Room {
    Room { name, may_use }
}

/// What stands above may not use what stands below. A room that may use a room of data, `column` to `frame`, may
/// use those that this one is made of too: their types stand in its signatures.
pub(crate) const ROOMS: &[Room] = &[
    room("column", &[]),
    room("entity", &["column"]),
    room("statement", &["column", "entity"]),
    room("frame", &["column", "entity", "statement"]),
    room("redis", &[]),
    room("database", &["column", "entity", "statement"]),
    room("stream", &["column", "redis", "database"]),
    room(
        "publish",
        &["column", "entity", "statement", "frame", "stream"],
    ),
    room(
        "consume",
        &[
            "column",
            "entity",
            "statement",
            "frame",
            "stream",
            "database",
        ],
    ),
    room("cache", &["column", "entity", "redis"]),
    room("schema", &["column", "entity", "database"]),
    room("engine", ABOVE_THE_ENGINE),
    room("registry", ABOVE_THE_REGISTRY),
    room("runtime", &[]),
];

const ABOVE_THE_ENGINE: &[&str] = &[
    "column",
    "entity",
    "statement",
    "frame",
    "redis",
    "database",
    "stream",
    "publish",
    "consume",
    "cache",
    "schema",
];

const ABOVE_THE_REGISTRY: &[&str] = &[
    "column",
    "entity",
    "statement",
    "frame",
    "redis",
    "database",
    "stream",
    "publish",
    "consume",
    "cache",
    "schema",
    "engine",
];

/// What every room may use: the one clock and the one error.
pub(crate) const EVERYWHERE: &[&str] = &["runtime", "error", "Error", "Result"];

/// Files and folders that are doors, not rooms: they show what the rooms hold, and no room goes in by them.
pub(crate) const DOORS: &[&str] = &["lib", "prelude", "error", "__private", "private"];

/// Suites that look into the rooms, and are tests themselves.
pub(crate) const SUITES: &[&str] = &["conformance", "simulation"];

/// Crates that only one room may name, so that each can be replaced by changing that room.
pub(crate) const LIBRARIES: &[(&str, &str)] = &[("sqlx", "database"), ("fred", "redis")];

/// What only `runtime` may call, so that a simulator can drive everything.
pub(crate) const RUNTIME_ONLY: &[[&str; 2]] = &[
    ["SystemTime", "now"],
    ["Instant", "now"],
    ["Utc", "now"],
    ["Local", "now"],
    ["Uuid", "now_v7"],
    ["tokio", "spawn"],
    ["task", "spawn"],
    ["task", "spawn_local"],
    ["thread", "spawn"],
];
