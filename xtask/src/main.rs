//! The developer's commands: `cargo xtask <verb>`.

mod arrows;
mod audit;
mod bench;
mod build;
mod help;
mod install;
mod instructions;
mod mutants;
mod outlook;
mod paths;
mod program;
// Where servers are looked for when they are started.
#[path = "../../tests/servers/local/programs.rs"]
mod programs;
mod rooms;
mod servers;
mod simulate;
mod source;
mod tally;
mod test;
mod tidy;
mod workspace;

use std::process::ExitCode;

/// What asks for help, in the place of a command or behind one.
const HELP: [&str; 2] = ["--help", "-h"];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    run(&arguments).unwrap_or_else(|message| {
        eprintln!("xtask: {message}");
        ExitCode::from(2)
    })
}

fn run(arguments: &[String]) -> Result<ExitCode, String> {
    let asks_for_help = |word: &String| HELP.contains(&word.as_str());
    match arguments.split_first() {
        None => print!("{}", help::page()),
        Some((word, _)) if asks_for_help(word) => print!("{}", help::page()),
        Some((name, rest)) => {
            let command = help::find(name)?;
            if !rest.iter().any(asks_for_help) {
                return (command.run)(rest);
            }
            print!("{}", help::of_one(command));
        }
    }
    Ok(ExitCode::SUCCESS)
}
