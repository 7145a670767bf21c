//! What the simulated program does: its flushes, and its own record of what became of them.

mod effect;
mod held;
mod ledger;
mod plan;
mod producer;
mod subject;

pub(super) use self::{
    effect::{Action, Assign, Claim, Effect},
    ledger::{Flush, FlushState, Ledger},
    producer::{Producer, produce},
};
