//! The verdict: what was acknowledged took effect once and in order, or came to another end that can be explained.
//!
//! It is a function of the evidence alone.

mod case;
mod counts;
mod fates;
mod findings;
mod left;
mod order;
#[cfg(test)]
mod tests;
mod transactions;

use self::case::Case;
pub(crate) use self::findings::Findings;
use crate::evidence::Evidence;

pub(crate) fn judge(evidence: &Evidence) -> Findings {
    let case = Case::of(evidence);
    let mut findings = Findings::default();
    let fates = fates::judge(&case, &mut findings);
    counts::judge(&case, &fates, &mut findings);
    order::judge(&case, &fates, &mut findings);
    transactions::judge(&case, &mut findings);
    left::judge(&case, &mut findings);
    findings
}
