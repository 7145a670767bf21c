//! The developer's commands: `cargo xtask <verb>`.

mod arrows;
mod audit;
mod install;
mod mutants;
mod paths;
mod program;
mod rooms;
mod servers;
mod simulate;
mod source;
mod test;
mod tidy;
mod workspace;

use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask test [--servers containers|local] [filter…]   runs every test against real servers
cargo xtask audit [--minutes n] [--seed s] [--servers containers|local] [--scenario faults|standbys|away|backlog]
                                                          kills and cuts everything, and looks for what is lost or done twice
cargo xtask servers [--servers containers|local]          starts servers to play with, until Ctrl-C
cargo xtask simulate [--seeds n] [--from s]               runs that many seeds of the library under every fault, simulated
cargo xtask simulate --seed s                             runs one seed and shows what happened
cargo xtask simulate --mutants [name…]                    makes mistakes on purpose and sees that the simulator finds each
cargo xtask tidy                                          checks format, lints, docs and the arrows between rooms";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.split_first() {
        None => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Some((verb, rest)) => match verb.as_str() {
            "test" => test::run(rest),
            "audit" => audit::run(rest),
            "servers" => servers::run(rest),
            "simulate" => simulate::run(rest),
            "tidy" => tidy::run(rest),
            _ => Err(format!("`{verb}` is not a verb. The verbs:\n{USAGE}")),
        },
    };
    outcome.unwrap_or_else(|message| {
        eprintln!("xtask: {message}");
        ExitCode::from(2)
    })
}
