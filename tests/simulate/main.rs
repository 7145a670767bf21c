//! Runs the library's simulator over many seeds, or over one with its trace. Started by `cargo xtask simulate`.

use std::{
    env,
    io::{IsTerminal, Write, stderr},
    panic,
    process::ExitCode,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use beeorm::simulation::{Outcome, run};

/// What the command line asks for.
#[derive(Clone, Copy, Debug)]
struct Wanted {
    /// The first seed, and how many.
    from: u64,
    seeds: u64,
    /// One seed, with everything that happens in it.
    traced: bool,
    /// Not after the first violation.
    one_is_enough: bool,
}

fn main() -> ExitCode {
    let wanted = match wanted(env::args().skip(1)) {
        Ok(wanted) => wanted,
        Err(problem) => {
            eprintln!("beeorm-simulate: {problem}");
            return ExitCode::from(2);
        }
    };
    // A panic of the code under test is a violation, which is shown with its seed.
    panic::set_hook(Box::new(|_| {}));
    let violations = if wanted.traced {
        trace(wanted.from)
    } else {
        simulate(wanted)
    };
    if violations == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn wanted(mut arguments: impl Iterator<Item = String>) -> Result<Wanted, String> {
    let mut wanted = Wanted {
        from: 0,
        seeds: 1000,
        traced: false,
        one_is_enough: false,
    };
    while let Some(option) = arguments.next() {
        let mut number = || {
            let number = arguments.next().and_then(|number| number.parse().ok());
            number.ok_or_else(|| format!("{option} takes a number"))
        };
        match option.as_str() {
            "--seeds" => wanted.seeds = number()?,
            "--from" => wanted.from = number()?,
            "--seed" => {
                wanted.from = number()?;
                wanted.traced = true;
            }
            "--first" => wanted.one_is_enough = true,
            _ => {
                return Err(format!(
                    "`{option}` is none of --seeds, --from, --seed, --first"
                ));
            }
        }
    }
    Ok(wanted)
}

/// Shows one run; how many violations there were in it.
fn trace(seed: u64) -> usize {
    let outcome = run(seed, true);
    let mut out = std::io::stdout().lock();
    for line in &outcome.trace {
        // A reader that has gone away wants no more.
        if writeln!(out, "{line}").is_err() {
            break;
        }
    }
    let Outcome {
        violations,
        flushes,
        virtual_time,
        ..
    } = outcome;
    println!("seed={seed} flushes={flushes} virtual={virtual_time:?}");
    for violation in &violations {
        println!("violation: {violation}");
    }
    println!("seeds=1 violations={}", violations.len());
    violations.len()
}

#[derive(Debug, Default)]
struct Tally {
    done: AtomicU64,
    flushes: AtomicU64,
    failed: Mutex<Vec<(u64, Vec<String>)>>,
}

/// Runs the seeds on all cores; how many of them failed.
fn simulate(wanted: Wanted) -> usize {
    let (next, tally) = (AtomicU64::new(wanted.from), Tally::default());
    let end = wanted.from.saturating_add(wanted.seeds);
    let begun = Instant::now();
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            let failed = !failed(&tally).is_empty();
            if seed >= end || (wanted.one_is_enough && failed) {
                return;
            }
            let outcome = run(seed, false);
            tally.done.fetch_add(1, Ordering::Relaxed);
            let flushes = outcome.flushes as u64;
            tally.flushes.fetch_add(flushes, Ordering::Relaxed);
            if !outcome.violations.is_empty() {
                self::failed(&tally).push((seed, outcome.violations));
            }
        }
    };
    thread::scope(|scope| {
        let running: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        while running.iter().any(|worker| !worker.is_finished()) {
            thread::sleep(Duration::from_millis(100));
            progress(&tally, wanted.seeds, begun);
        }
    });
    let mut failed = std::mem::take(&mut *failed(&tally));
    failed.sort();
    for (seed, violations) in &failed {
        println!("seed {seed}: cargo xtask simulate --seed {seed}");
        for violation in violations.iter().take(5) {
            println!("    {violation}");
        }
    }
    let (done, flushes) = (
        tally.done.load(Ordering::Relaxed),
        tally.flushes.load(Ordering::Relaxed),
    );
    println!("{flushes} flushes in {:.1?}", begun.elapsed());
    println!("seeds={done} violations={}", failed.len());
    failed.len()
}

fn failed(tally: &Tally) -> std::sync::MutexGuard<'_, Vec<(u64, Vec<String>)>> {
    tally.failed.lock().unwrap_or_else(PoisonError::into_inner)
}

fn progress(tally: &Tally, seeds: u64, begun: Instant) {
    if !stderr().is_terminal() {
        return;
    }
    let done = tally.done.load(Ordering::Relaxed);
    let failed = failed(tally).len();
    eprint!(
        "\r{done} of {seeds} seeds, {failed} with violations, {:.0?} ",
        begun.elapsed()
    );
    if done >= seeds {
        eprintln!();
    }
}
