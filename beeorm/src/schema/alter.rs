use std::fmt;

use crate::database::{DatabaseError, FailureClass};

/// One thing that has to be done to a table, so that it is as its entity asks for.
///
/// `Display` shows the SQL; where there is none that does it, a comment that says what to do by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alter {
    pool: String,
    table: String,
    action: Action,
    danger: Option<&'static str>,
}

/// How it is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Run(String),
    /// No statement does it; this does.
    ByHand(String),
}

impl Action {
    /// Not before somebody did something else.
    pub(super) fn by_hand(self, why: &str) -> Self {
        match self {
            Self::Run(sql) => Self::ByHand(format!("{why}: {sql}")),
            by_hand @ Self::ByHand(_) => by_hand,
        }
    }
}

impl Alter {
    pub(super) fn new(
        pool: &str,
        table: &str,
        action: Action,
        danger: Option<&'static str>,
    ) -> Self {
        let danger = match &action {
            Action::Run(_) => danger,
            Action::ByHand(_) => Some(danger.unwrap_or("no single statement does it")),
        };
        Self {
            pool: pool.to_owned(),
            table: table.to_owned(),
            action,
            danger,
        }
    }

    /// The database pool that the table lies in.
    #[must_use]
    pub fn pool(&self) -> &str {
        &self.pool
    }

    /// The table.
    #[must_use]
    pub fn table(&self) -> &str {
        &self.table
    }

    /// The statement; none where it has to be done by hand.
    #[must_use]
    pub fn sql(&self) -> Option<&str> {
        match &self.action {
            Action::Run(sql) => Some(sql),
            Action::ByHand(_) => None,
        }
    }

    /// Whether it loses nothing, whatever the table holds and whoever else uses it.
    #[must_use]
    pub fn is_safe(&self) -> bool {
        self.danger.is_none()
    }

    /// Why it is not safe.
    #[must_use]
    pub fn danger(&self) -> Option<&str> {
        self.danger
    }

    /// The statement, to be run.
    pub(crate) fn statement(&self) -> Result<&str, DatabaseError> {
        match &self.action {
            Action::Run(sql) => Ok(sql),
            Action::ByHand(advice) => Err(DatabaseError::new(
                FailureClass::Schema,
                format!("the table `{}`: {advice}", self.table),
            )),
        }
    }
}

impl fmt::Display for Alter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.action {
            Action::Run(sql) => f.write_str(sql),
            Action::ByHand(advice) => write!(f, "-- {}: {advice}", self.table),
        }
    }
}
