//! What a server cannot bear: statements with a certain number in them.

use super::{datum::Datum, session::Request};

/// So many of them a server meets at most.
pub(super) const MOST: usize = 3;

/// A number that only one flush writes, and what the server does when it meets it.
#[derive(Clone, Debug)]
pub(super) struct Poison {
    pub(super) number: i128,
    pub(super) bite: Bite,
    /// How often it still does it.
    pub(super) left: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::simulation) enum Bite {
    /// It hangs up on the statement; on a text that tells of it too, where it cannot bear letters either.
    HangsUp { letters: bool },
    /// It does the statement, and hangs up instead of committing.
    HangsUpAtCommit,
    /// It dies of the statement, and is up again soon.
    Dies,
}

impl Poison {
    /// Whether the statement has it in it.
    pub(super) fn is_in(&self, sql: &str, binds: &[Datum]) -> bool {
        if sql.contains("`_beeorm_dead_letters`") {
            let told = [format!("={},", self.number), format!("={}]", self.number)];
            let tells = |bind: &Datum| matches!(bind, Datum::Text(text) if told.iter().any(|told| text.contains(told)));
            return self.bite == Bite::HangsUp { letters: true } && binds.iter().any(tells);
        }
        !sql.contains("`_beeorm") && binds.contains(&Datum::Integer(self.number))
    }

    /// Whether what was asked for makes the server bite; `tainted` tells of the statements before it in its transaction.
    pub(super) fn bites(&mut self, request: &Request, tainted: &mut bool) -> bool {
        let is_in = match request {
            Request::Begin | Request::Rollback => {
                *tainted = false;
                return false;
            }
            Request::Commit => *tainted && self.bite == Bite::HangsUpAtCommit,
            Request::Execute(sql, binds) => {
                let is_in = self.is_in(sql, binds);
                *tainted |= is_in;
                is_in && self.bite != Bite::HangsUpAtCommit
            }
            Request::Select(..) => false,
        };
        let bites = is_in && self.left > 0;
        self.left -= u64::from(bites);
        bites
    }
}
