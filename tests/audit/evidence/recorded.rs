//! What the processes wrote down.

use std::{collections::HashMap, fs};

use beeorm_tests::record::Line;

use super::Call;
use crate::{Fallible, stage::Stage};

pub(super) fn calls(stage: &Stage) -> Fallible<Vec<Call>> {
    let mut calls: Vec<Call> = Vec::new();
    for path in stage.files("record-")? {
        let text = fs::read_to_string(&path)?;
        let mut places = HashMap::new();
        for line in text.lines() {
            // A line is written by one call to the system, so none is half there.
            let line = serde_json::from_str(line)
                .map_err(|error| format!("{}: {error}: {line}", path.display()))?;
            match line {
                Line::Asked {
                    call,
                    expect,
                    effects,
                } => {
                    places.insert(call, calls.len());
                    calls.push(Call {
                        number: call,
                        expect,
                        effects,
                        told: Vec::new(),
                    });
                }
                Line::Told { call, answer } => {
                    let place = places.get(&call).ok_or("an answer to no call")?;
                    calls[*place].told.push(answer);
                }
            }
        }
    }
    Ok(calls)
}

pub(super) fn panics(stage: &Stage) -> Fallible<Vec<String>> {
    let mut panics = Vec::new();
    for prefix in ["consumer-", "producer-"] {
        for path in stage.files(prefix)? {
            let text = String::from_utf8_lossy(&fs::read(&path)?).into_owned();
            let lines = text.lines().filter(|line| line.contains("panicked at"));
            panics.extend(lines.map(|line| format!("{}: {line}", path.display())));
        }
    }
    Ok(panics)
}
