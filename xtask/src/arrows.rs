//! Whether a file of `beeorm` keeps to what its room may use.

use crate::paths::{self, is};
use crate::rooms::{self, Room};
use crate::source::{self, Token};

/// What is wrong with a file, given by its path below `src`: `file:line: what, and what to do`.
pub(crate) fn check(file: &str, text: &str) -> Vec<String> {
    let module = paths::module_of(file);
    if module.iter().any(|name| name == "tests") {
        return Vec::new();
    }
    let tokens = paths::without_tests(&source::tokens(text));
    let here = module.first().map_or("lib", String::as_str);
    if rooms::SUITES.contains(&here) {
        return Vec::new();
    }

    let mut complaints: Vec<(usize, String)> = Vec::new();
    let room = rooms::ROOMS.iter().find(|room| room.name == here);
    match room {
        Some(room) => {
            for target in paths::from_root(&tokens, &module) {
                complaints.extend(misled(room, &target.text).map(|message| (target.line, message)));
            }
        }
        None if rooms::DOORS.contains(&here) => {}
        None => complaints.push((
            1,
            format!("`{here}` is no room: give it a line in xtask/src/rooms.rs"),
        )),
    }
    for at in 0..tokens.len() {
        complaints.extend(foreign(here, &tokens, at));
    }
    complaints.sort();
    complaints
        .into_iter()
        .map(|(line, message)| format!("{file}:{line}: {message}"))
        .collect()
}

/// Why this room may not use that name of the crate's root.
fn misled(room: &Room, target: &str) -> Option<String> {
    let Room { name, may_use } = room;
    if target == *name || rooms::EVERYWHERE.contains(&target) || may_use.contains(&target) {
        return None;
    }
    if rooms::ROOMS.iter().any(|room| room.name == target) {
        let allowed = if may_use.is_empty() {
            "no other room".to_owned()
        } else {
            may_use.join(", ")
        };
        return Some(format!(
            "`{name}` may not use `{target}`: it may use {allowed} (xtask/src/rooms.rs)"
        ));
    }
    Some(format!(
        "`crate::{target}` goes round the rooms: name the room that holds it"
    ))
}

/// A library or a call that belongs to another room.
fn foreign(here: &str, tokens: &[Token], at: usize) -> Option<(usize, String)> {
    let token = tokens.get(at)?;
    let is_path = is(tokens, at + 1, &[":", ":"]);
    let is_used = at > 0 && (is(tokens, at - 1, &["use"]) || is(tokens, at - 1, &["crate"]));
    for (library, owner) in rooms::LIBRARIES {
        if token.text == *library && (is_path || is_used) && here != *owner {
            return Some((
                token.line,
                format!("`{library}` is named in `{owner}` only: ask that room for what is needed"),
            ));
        }
    }
    for [owner, call] in rooms::RUNTIME_ONLY {
        if here != "runtime" && is(tokens, at, &[owner, ":", ":", call]) {
            return Some((
                token.line,
                format!("`{owner}::{call}` is `runtime`'s: a simulator must be able to drive it"),
            ));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::check;

    fn found(file: &str, text: &str) -> Vec<String> {
        let short = |complaint: String| match complaint.split_once(": ") {
            Some((place, message)) => {
                let what = message
                    .split('`')
                    .skip(1)
                    .step_by(2)
                    .collect::<Vec<_>>()
                    .join(">");
                format!("{place} {what}")
            }
            None => complaint,
        };
        check(file, text).into_iter().map(short).collect()
    }

    #[test]
    fn a_forbidden_arrow_is_reported_with_file_line_and_way_out() {
        let text = "use std::fmt;\n\nuse crate::stream::Stream;\n";
        assert_eq!(
            check("database/mysql/bind.rs", text),
            [
                "database/mysql/bind.rs:3: `database` may not use `stream`: it may use column, entity, statement (xtask/src/rooms.rs)"
            ]
        );
    }

    #[test]
    fn allowed_arrows_and_the_room_itself_are_not() {
        let text = "use crate::statement::Insert;\nuse crate::database::Pool;\nuse crate::{error::Error, runtime};";
        assert_eq!(found("database/pool.rs", text), [""; 0]);
    }

    #[test]
    fn groups_are_seen_through() {
        let text =
            "use crate::{\n    statement::{engine, Insert},\n    engine::{Engine, cache},\n};";
        assert_eq!(found("frame/mod.rs", text), ["frame/mod.rs:3 frame>engine"]);
    }

    #[test]
    fn paths_outside_of_use_lines_are_seen() {
        let text = "fn f() -> crate::engine::Engine {\n    crate::publish::now()\n}";
        assert_eq!(
            found("entity/id.rs", text),
            [
                "entity/id.rs:1 entity>engine",
                "entity/id.rs:2 entity>publish"
            ]
        );
    }

    #[test]
    fn supers_that_reach_the_root_are_arrows_too() {
        assert_eq!(
            found("column/text.rs", "use super::super::engine::Engine;"),
            ["column/text.rs:1 column>engine"]
        );
        assert_eq!(
            found("column/text.rs", "use super::engine::Engine;"),
            [""; 0]
        );
        assert_eq!(
            found("column/mod.rs", "use super::engine::Engine;"),
            ["column/mod.rs:1 column>engine"]
        );
        assert_eq!(
            found("column/mod.rs", "mod inner { use super::engine::Engine; }"),
            [""; 0]
        );
    }

    #[test]
    fn the_back_door_is_no_way_in() {
        assert_eq!(
            found("column/mod.rs", "use crate::Engine;"),
            ["column/mod.rs:1 crate::Engine"]
        );
        assert_eq!(
            found("column/mod.rs", "use crate::prelude::*;"),
            ["column/mod.rs:1 crate::prelude"]
        );
        assert_eq!(found("lib.rs", "pub use crate::engine::Engine;"), [""; 0]);
        assert_eq!(found("attic/mod.rs", ""), ["attic/mod.rs:1 attic"]);
    }

    #[test]
    fn libraries_stay_in_their_rooms() {
        assert_eq!(
            found("engine/load.rs", "fn f(row: sqlx::Row) {}"),
            ["engine/load.rs:1 sqlx>database"]
        );
        assert_eq!(
            found("error.rs", "use sqlx;\nuse fred::Client;"),
            ["error.rs:1 sqlx>database", "error.rs:2 fred>redis"]
        );
        assert_eq!(
            found("database/mysql/pool.rs", "use sqlx::MySqlPool;"),
            [""; 0]
        );
        assert_eq!(found("redis/client.rs", "use fred::prelude::*;"), [""; 0]);
    }

    #[test]
    fn time_and_tasks_come_from_the_runtime() {
        let text = "let a = std::time::Instant::now();\ntokio::spawn(x);\nlet id = Uuid::now_v7();\nSystemTime::now();";
        let places: Vec<String> = found("consume/own.rs", text);
        assert_eq!(places.len(), 4, "{places:?}");
        assert_eq!(found("runtime/clock.rs", text), [""; 0]);
    }

    #[test]
    fn comments_strings_and_tests_may_say_anything() {
        let text = "//! Unlike [`crate::engine`], no `sqlx::Row`.\n/* use crate::engine; */\nconst A: &str = \"crate::engine::X\";\n\
                    #[cfg(test)]\nmod tests {\n    use crate::engine::Engine;\n    fn f() { tokio::spawn(x); }\n}\n\
                    use crate::frame::Frame;";
        assert_eq!(
            found("column/mod.rs", text),
            ["column/mod.rs:9 column>frame"]
        );
        assert_eq!(
            found("column/tests/text.rs", "use crate::engine::Engine;"),
            [""; 0]
        );
    }

    #[test]
    fn the_table_names_rooms_only() {
        let rooms = super::rooms::ROOMS;
        for target in rooms.iter().flat_map(|room| room.may_use) {
            assert!(rooms.iter().any(|room| room.name == *target), "{target}");
        }
    }
}
