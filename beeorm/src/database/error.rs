use std::fmt;

use uuid::Uuid;

use crate::{column::ColumnError, entity::TableSchema, error::debug_as_display};

/// What a database said when it refused, or why it could not be reached.
#[derive(Clone)]
pub struct DatabaseError {
    class: FailureClass,
    kind: Kind,
    code: Option<u32>,
    sqlstate: Option<String>,
    message: String,
    /// The server said it, and leaves open whether it did what was asked.
    leaves_open: bool,
}

/// What a failure means for the statement that met it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FailureClass {
    /// Another transaction was in the way: the same statement may pass when tried again.
    Contention,
    /// The server is away, full, read-only or overloaded: nothing is wrong with the statement.
    Infrastructure,
    /// The statement's values are refused, and will be again.
    Data,
    /// A table or column is missing or different, or a right: a deploy may be in progress.
    Schema,
    /// None of these.
    Unknown,
}

impl FailureClass {
    /// Whether it passes by itself, and nothing is wrong with the statement.
    #[must_use]
    pub fn is_passing(self) -> bool {
        matches!(self, Self::Contention | Self::Infrastructure)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    not(any(feature = "mysql", feature = "embedded")),
    allow(dead_code, reason = "said by databases that are built without")
)]
pub(crate) enum Kind {
    /// With the index's name (`PRIMARY` for the key), where the server gives it.
    DuplicateKey(Option<String>),
    /// With the constraint's name, where the server gives it.
    ForeignKey(Option<String>),
    /// A column that takes no NULL was given one.
    Null,
    /// A column that has no default was left out.
    #[cfg_attr(
        not(feature = "mysql"),
        allow(dead_code, reason = "said by databases that are built without")
    )]
    NoDefault,
    /// A number that its column does not hold.
    OutOfRange,
    /// A table that the entities ask for is not there, or one of the library's own.
    TableMissing,
    /// A table without transactions, and its engine.
    NoTransactions {
        table: Box<str>,
        engine: Box<str>,
    },
    /// An index that a statement was told to use is not there; the statement did nothing.
    #[cfg_attr(
        not(feature = "mysql"),
        allow(dead_code, reason = "said by databases that are built without")
    )]
    IndexMissing,
    /// The account has not the right to do it.
    #[cfg_attr(
        not(feature = "mysql"),
        allow(dead_code, reason = "said by databases that are built without")
    )]
    Denied,
    /// The server keeps as many statements prepared as it may; the statement did nothing.
    #[cfg_attr(
        not(feature = "mysql"),
        allow(dead_code, reason = "said by databases that are built without")
    )]
    TooManyPrepared,
    /// A row, or its dead letter, is larger than the server takes.
    TooLarge,
    /// An UPDATE matched no row.
    RowMissing,
    /// A column that the entities ask for is not there.
    ColumnMissing,
    /// A row to change or delete whose INSERT is dead-lettered, as this frame.
    InsertDead(Uuid),
    /// The frame is older than the inbox remembers.
    MayHaveBeenApplied,
    /// The connection broke under it.
    ConnectionLost,
    /// The server, which serves others meanwhile, hangs up on the frame each time.
    HangsUp,
    /// The pool was closed with its engine.
    Closed,
    Other,
}

impl DatabaseError {
    pub(crate) fn new(class: FailureClass, message: impl Into<String>) -> Self {
        Self {
            class,
            kind: Kind::Other,
            code: None,
            sqlstate: None,
            message: message.into(),
            leaves_open: false,
        }
    }

    /// It does not tell whether what was asked was done.
    #[cfg_attr(
        not(feature = "mysql"),
        allow(dead_code, reason = "said by databases that are built without")
    )]
    pub(crate) fn leaving_open(mut self, leaves_open: bool) -> Self {
        self.leaves_open = leaves_open;
        self
    }

    /// Whether the server itself said that it did not do it.
    pub(crate) fn is_answer(&self) -> bool {
        self.code.is_some() && !self.leaves_open
    }

    #[cfg_attr(
        not(any(feature = "mysql", feature = "embedded")),
        allow(dead_code, reason = "said by databases that are built without")
    )]
    pub(crate) fn with_code(mut self, code: Option<u32>, sqlstate: Option<String>) -> Self {
        self.code = code;
        self.sqlstate = sqlstate;
        self
    }

    /// Says more of it: where it was, and what to do.
    pub(crate) fn retold(mut self, tell: impl FnOnce(&str) -> String) -> Self {
        self.message = tell(&self.message);
        self
    }

    pub(crate) fn with_kind(mut self, kind: Kind) -> Self {
        self.kind = kind;
        self
    }

    /// An UPDATE that matched no row.
    pub(crate) fn row_missing(table: &str) -> Self {
        let message = format!(
            "no row of `{table}` has this key: it was deleted, or its INSERT never took effect"
        );
        Self::new(FailureClass::Data, message).with_kind(Kind::RowMissing)
    }

    /// A row to change or delete whose INSERT is dead-lettered.
    pub(crate) fn insert_dead(table: &str, frame: Uuid) -> Self {
        let message = format!(
            "no row of `{table}` has this key, as its INSERT is dead-lettered as frame {frame}: replay that, \
             and this goes with it"
        );
        Self::new(FailureClass::Data, message).with_kind(Kind::InsertDead(frame))
    }

    /// A table on which a flush could be half done, or done twice; of a view, the one behind it.
    pub(crate) fn no_transactions(written: &str, table: String, engine: String) -> Self {
        let through = if written == table {
            String::new()
        } else {
            format!(", which the view `{written}` writes to,")
        };
        let message = format!(
            "the table `{table}`{through} has the engine {engine}, which knows no transactions, so that nothing can be promised \
             on it: ALTER TABLE `{table}` ENGINE=InnoDB"
        );
        Self::new(FailureClass::Schema, message).with_kind(Kind::NoTransactions {
            table: table.into(),
            engine: engine.into(),
        })
    }

    /// The table without transactions, and its engine.
    pub(crate) fn table_without_transactions(&self) -> Option<(&str, &str)> {
        match &self.kind {
            Kind::NoTransactions { table, engine } => Some((&**table, &**engine)),
            _ => None,
        }
    }

    /// What a strict server would refuse, and the database itself would keep.
    pub(crate) fn of_column(table: &TableSchema, position: usize, problem: &ColumnError) -> Self {
        let column = table.columns.get(position);
        let column = column.map_or("", |column| column.name.as_str());
        let kind = match problem {
            ColumnError::OutOfRange { .. } => Kind::OutOfRange,
            _ => Kind::Other,
        };
        let message = format!("`{}`.`{column}` {problem}", table.table);
        Self::new(FailureClass::Data, message).with_kind(kind)
    }

    /// Statements are checked when they are encoded or decoded.
    pub(crate) fn damaged() -> Self {
        let message = "a statement whose values cannot be read";
        Self::new(FailureClass::Data, message)
    }

    /// Refuses to go on outside a runtime of tokio's, where its sockets would panic.
    pub(crate) fn unless_entered() -> Result<(), Self> {
        if crate::runtime::is_entered() {
            return Ok(());
        }
        let message = "this was called outside a tokio runtime: nothing was done; call it within one, as \
                       `#[tokio::main]`, `Runtime::block_on` and `Handle::block_on` do";
        Err(Self::new(FailureClass::Unknown, message))
    }

    /// The pool was closed with its engine.
    #[cfg_attr(
        not(any(feature = "mysql", feature = "embedded")),
        allow(dead_code, reason = "said by databases that are built without")
    )]
    pub(crate) fn closed() -> Self {
        let message = "the database pool was closed with its engine: nothing was done";
        Self::new(FailureClass::Infrastructure, message).with_kind(Kind::Closed)
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.kind == Kind::Closed
    }

    /// A frame that is older than the inbox remembers.
    pub(crate) fn too_old() -> Self {
        let message = "the flush is older than the inbox remembers, so it may have been applied already: look \
                       at its rows, then replay it by force or drop it";
        Self::new(FailureClass::Data, message).with_kind(Kind::MayHaveBeenApplied)
    }

    /// A frame that was tried alone so many times, of which each lost its connection, and nobody else theirs.
    pub(crate) fn hangs_up(times: u32, last: &Self) -> Self {
        let message = format!(
            "the server hung up on this statement {times} times in a row, and on nobody else meanwhile ({}): look for \
             it in the server's log, and in that of a proxy before it; then replay it",
            last.message
        );
        Self::new(FailureClass::Data, message).with_kind(Kind::HangsUp)
    }

    /// More than the server takes (`max_allowed_packet`).
    pub(crate) fn too_large(what: &str, bytes: usize, limit: usize) -> Self {
        let message = format!(
            "{what} of {bytes} bytes is more than the server takes ({limit}, max_allowed_packet)"
        );
        Self::new(FailureClass::Data, message).with_kind(Kind::TooLarge)
    }

    pub(crate) fn is_too_large(&self) -> bool {
        self.kind == Kind::TooLarge
    }

    /// What the failure means.
    #[must_use]
    pub fn class(&self) -> FailureClass {
        self.class
    }

    /// The server's error number: 1062, say; SQLite's extended result code.
    #[must_use]
    pub fn code(&self) -> Option<u32> {
        self.code
    }

    /// The five letters of the SQL standard: `23000`, say.
    #[must_use]
    pub fn sqlstate(&self) -> Option<&str> {
        self.sqlstate.as_deref()
    }

    /// What the server said.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// For logs, which more people read than a database: a server's own words may hold values.
    pub(crate) fn without_values(&self) -> String {
        let what = match &self.kind {
            Kind::DuplicateKey(Some(index)) => format!("a duplicate in the index `{index}`"),
            Kind::DuplicateKey(None) => "a duplicate".to_owned(),
            Kind::ForeignKey(Some(constraint)) => format!("the foreign key `{constraint}`"),
            Kind::ForeignKey(None) => "a foreign key".to_owned(),
            Kind::Null => "a NULL that its column does not take".to_owned(),
            Kind::OutOfRange => "a number that its column does not hold".to_owned(),
            Kind::Other if self.class == FailureClass::Data => "a value that is refused".to_owned(),
            _ => self.message.clone(),
        };
        match (self.code, &self.sqlstate) {
            (Some(code), Some(sqlstate)) => format!("{code} ({sqlstate}): {what}"),
            (Some(code), None) => format!("{code}: {what}"),
            (None, _) => what,
        }
    }

    /// Whether the key or a unique index has the value already.
    #[must_use]
    pub fn is_duplicate_key(&self) -> bool {
        matches!(self.kind, Kind::DuplicateKey(_))
    }

    /// The index that has it, `PRIMARY` for the key; without the table's name.
    #[must_use]
    pub fn index(&self) -> Option<&str> {
        match &self.kind {
            Kind::DuplicateKey(index) => index.as_deref(),
            _ => None,
        }
    }

    /// Whether a foreign key is violated: the parent is missing, or has children.
    #[must_use]
    pub fn is_foreign_key(&self) -> bool {
        matches!(self.kind, Kind::ForeignKey(_))
    }

    /// The constraint that is violated.
    #[must_use]
    pub fn constraint(&self) -> Option<&str> {
        match &self.kind {
            Kind::ForeignKey(constraint) => constraint.as_deref(),
            _ => None,
        }
    }

    /// Whether a number is refused that its column does not hold, as that of a counter that is at its end.
    #[must_use]
    pub fn is_out_of_range(&self) -> bool {
        self.kind == Kind::OutOfRange
    }

    /// Whether an UPDATE matched no row.
    #[must_use]
    pub fn is_row_missing(&self) -> bool {
        self.kind == Kind::RowMissing
    }

    /// The frame whose INSERT of the row is dead-lettered, where the row to change or delete is not there
    /// because of that.
    #[must_use]
    pub fn dead_insert(&self) -> Option<Uuid> {
        match self.kind {
            Kind::InsertDead(frame) => Some(frame),
            _ => None,
        }
    }

    /// Whether the row to change or delete is not there because its INSERT is dead-lettered.
    #[must_use]
    pub fn is_insert_dead(&self) -> bool {
        self.dead_insert().is_some()
    }

    /// Whether the flush came back after the inbox had forgotten it: nobody knows whether it was applied.
    #[must_use]
    pub fn may_have_been_applied(&self) -> bool {
        self.kind == Kind::MayHaveBeenApplied
    }

    /// Whether the server hung up on the flush each time that it was tried, while it went on serving others: a bug that
    /// the statement meets, or a proxy that cuts it off.
    #[must_use]
    pub fn is_hang_up(&self) -> bool {
        self.kind == Kind::HangsUp
    }

    /// Whether the server prepares no more statements.
    #[cfg_attr(
        not(feature = "mysql"),
        allow(dead_code, reason = "asked of databases that are built without")
    )]
    pub(crate) fn is_too_many_prepared(&self) -> bool {
        self.kind == Kind::TooManyPrepared
    }

    /// Whether the connection broke; where that was behind a COMMIT, nobody knows what became of it.
    pub(crate) fn is_connection_lost(&self) -> bool {
        self.kind == Kind::ConnectionLost
    }

    /// Whether an index is not there that a statement was told to use.
    pub(crate) fn is_index_missing(&self) -> bool {
        self.kind == Kind::IndexMissing
    }

    /// Whether the account has not the right to do it.
    pub(crate) fn is_denied(&self) -> bool {
        self.kind == Kind::Denied
    }

    pub(crate) fn is_table_missing(&self) -> bool {
        self.kind == Kind::TableMissing
    }

    pub(crate) fn is_null_refused(&self) -> bool {
        self.kind == Kind::Null
    }
}

impl fmt::Display for DatabaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.code, &self.sqlstate) {
            (Some(code), Some(sqlstate)) => {
                write!(f, "database error {code} ({sqlstate}): {}", self.message)
            }
            (Some(code), None) => write!(f, "database error {code}: {}", self.message),
            _ => write!(f, "database error: {}", self.message),
        }?;
        if matches!(self.kind, Kind::TableMissing | Kind::ColumnMissing) {
            write!(
                f,
                "; `engine.schema().update()` makes what the entities ask for"
            )?;
        }
        if matches!(self.kind, Kind::ForeignKey(_)) {
            write!(
                f,
                "; what was flushed lazily may still wait in the stream: flush this lazily too, or wait for its receipt"
            )?;
        }
        if matches!(self.kind, Kind::Null | Kind::NoDefault) {
            write!(
                f,
                "; where no field of the entity is this column, drop it or give it a default, as \
                 `engine.schema().update()` does where it can; else make the field no `Option`"
            )?;
        }
        Ok(())
    }
}

debug_as_display!(DatabaseError);

impl std::error::Error for DatabaseError {}
