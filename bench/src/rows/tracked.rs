//! What a tracked value costs beside a bare one.

use super::child;
use crate::{
    Bench, Fallible,
    report::{Line, Verdict},
};

pub(crate) async fn run(bench: &Bench) -> Fallible<Vec<Line>> {
    let mut line = Line::new(
        "11",
        "a tracked value over a bare one; an untouched one",
        "at most 16 bytes; no allocation",
    );
    let told = child::output(&bench.stage, "tracked")?;
    let mut figures = told.split_whitespace().map(str::parse::<u64>);
    let (Some(bytes), Some(allocations)) = (figures.next(), figures.next()) else {
        return Err("two figures were awaited".into());
    };
    let (bytes, allocations) = (bytes?, allocations?);
    line.verdict = Verdict::of(bytes <= 16 && allocations == 0);
    line.measured = format!("{bytes} bytes, {allocations} allocations");
    Ok(vec![line])
}
