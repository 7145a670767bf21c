//! The commands: what each does, its options, and what runs it. The page of `cargo xtask help` is made of this.

use std::process::ExitCode;

use crate::{audit, bench, instructions, servers, simulate, test, tidy};

/// `cargo xtask <name>`.
pub(crate) struct Command {
    pub(crate) name: &'static str,
    /// In one line.
    what: &'static str,
    /// Each with what it does, in one line.
    options: &'static [(&'static str, &'static str)],
    pub(crate) run: fn(&[String]) -> Result<ExitCode, String>,
}

const SERVERS: (&str, &str) = (
    "--servers containers|local",
    "Docker containers, or installed servers; unless said, what there is",
);

/// In the order in which a newcomer needs them.
pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "test",
        what: "runs every test against real servers, which it finds, starts or installs",
        options: &[
            SERVERS,
            (
                "<filter…>",
                "only tests whose names have one of these in them",
            ),
        ],
        run: test::run,
    },
    Command {
        name: "tidy",
        what: "checks format, lints, docs, partial sets of features and the arrows between rooms",
        options: &[],
        run: tidy::run,
    },
    Command {
        name: "servers",
        what: "starts a database and a Redis to play with, until Ctrl-C",
        options: &[SERVERS],
        run: servers::run,
    },
    Command {
        name: "simulate",
        what: "runs the library under every fault in a simulated world, seed by seed",
        options: &[
            ("--seeds <n>", "so many seeds; 1000 unless said"),
            ("--from <s>", "beginning with this one; 0 unless said"),
            ("--first", "ends with the first violation"),
            ("--seed <s>", "this one alone, and shows what happened"),
            (
                "--mutants [name…]",
                "makes mistakes on purpose, and sees that each is found",
            ),
        ],
        run: simulate::run,
    },
    Command {
        name: "audit",
        what: "kills and cuts real processes and servers, and looks for what is lost or done twice",
        options: &[
            (
                "--scenario <name>",
                "faults (unless said), everysec, clocks, standbys, away or backlog",
            ),
            (
                "--minutes <n>",
                "for so long; unless said 5, of away 2, of backlog 1",
            ),
            ("--seed <s>", "the run with this seed; any unless said"),
            ("--flushes <n>", "of the backlog; 1000000 unless said"),
            (
                "--sabotage lost|duplicate|reorder",
                "tampers with the outcome, to see whether that is found",
            ),
            SERVERS,
        ],
        run: audit::run,
    },
    Command {
        name: "bench",
        what: "measures beeorm beside what it is compared with, in alternating rounds",
        options: &[
            (
                "--quick",
                "little of everything: whether it works, not how fast",
            ),
            (
                "--only <row>",
                "this row; 1 to 12, latency, batch or lag; as often as you like",
            ),
            SERVERS,
        ],
        run: bench::run,
    },
    Command {
        name: "instructions",
        what: "counts the instructions of the hot paths, beside what was accepted",
        options: &[(
            "--accept",
            "takes what is counted for what is to be from now on",
        )],
        run: instructions::run,
    },
    Command {
        name: "help",
        what: "shows this page, or that of one command",
        options: &[("<command>", "the command")],
        run,
    },
];

/// `cargo xtask help [command]`.
fn run(arguments: &[String]) -> Result<ExitCode, String> {
    match arguments {
        [] => print!("{}", page()),
        [name] => print!("{}", of_one(find(name)?)),
        _ => return Err("`help` takes one command".to_owned()),
    }
    Ok(ExitCode::SUCCESS)
}

/// Of all commands.
pub(crate) fn page() -> String {
    let commands: Vec<String> = COMMANDS.iter().map(part).collect();
    format!(
        "The developer's commands: cargo xtask <command> [options]\n\n{}",
        commands.join("\n")
    )
}

/// Of one.
pub(crate) fn of_one(command: &Command) -> String {
    format!("cargo xtask {}\n\n{}", command.name, part(command))
}

fn part(command: &Command) -> String {
    const OPTIONS: usize = 36;
    let Command {
        name,
        what,
        options,
        ..
    } = command;
    let mut part = format!("  {name:<14}{what}\n");
    for (option, what) in *options {
        part += &format!("      {option:<OPTIONS$}{what}\n");
    }
    part
}

/// The command of this name, or what there is.
pub(crate) fn find(name: &str) -> Result<&'static Command, String> {
    let found = COMMANDS.iter().find(|command| command.name == name);
    found.ok_or_else(|| {
        let names: Vec<&str> = COMMANDS.iter().map(|command| command.name).collect();
        format!(
            "`{name}` is not a command. There are {}; `cargo xtask help` tells what they do",
            names.join(", ")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_a_line_for_each_command_and_option_and_none_is_too_long() {
        let page = page();
        for command in COMMANDS {
            assert!(
                page.contains(&format!("\n  {:<14}", command.name)),
                "{page}"
            );
            for (option, what) in command.options {
                let is_it =
                    |line: &str| line.trim_start().starts_with(option) && line.contains(what);
                assert!(page.lines().any(is_it), "{option}");
            }
        }
        for line in page.lines() {
            assert!(line.chars().count() <= 110, "{line}");
            assert_eq!(line, line.trim_end());
        }
    }

    #[test]
    fn a_wrong_command_is_told_which_there_are() {
        let Err(told) = find("tset") else {
            panic!("there is none of that name")
        };
        assert_eq!(
            told,
            "`tset` is not a command. There are test, tidy, servers, simulate, audit, bench, instructions, help; \
             `cargo xtask help` tells what they do"
        );
    }
}
