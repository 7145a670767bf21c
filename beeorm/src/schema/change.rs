use super::have::{Column, ForeignKey};
use crate::entity::IndexSchema;

/// Something to be done to a table. Columns and indexes go by their places in the entity's schema.
#[derive(Debug)]
pub(super) enum Change<'a> {
    /// With the indexes, and with these references; the others come when their tables are there.
    Create {
        foreign_keys: Vec<ForeignKey>,
        /// Of columns that have another collation than the table.
        collations: Vec<(usize, String)>,
    },
    DropForeignKey(&'a str),
    MakeTransactional,
    /// The key's column may be missing too.
    ReplaceKey {
        had_one: bool,
        with_column: bool,
    },
    DropIndex(&'a str),
    DropColumn(&'a str),
    /// To a column that the entity does not know, so that rows can be inserted without it.
    GiveDefault {
        have: &'a Column,
        /// As SQL.
        default: String,
    },
    AddColumn {
        position: usize,
        /// Where it is not to have the table's.
        collation: Option<String>,
    },
    ModifyColumn {
        position: usize,
        have: &'a Column,
    },
    AddIndex {
        index: &'a IndexSchema,
        replaces: Option<&'a str>,
    },
    /// The column may be one that is added too.
    #[cfg_attr(
        not(feature = "embedded"),
        allow(dead_code, reason = "only SQLite asks for the column")
    )]
    AddForeignKey {
        foreign_key: ForeignKey,
        position: usize,
        with_column: bool,
    },
}

/// A change, and why it is not safe.
#[derive(Debug)]
pub(super) struct Step<'a> {
    pub(super) change: Change<'a>,
    pub(super) danger: Danger<'a>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Danger<'a> {
    None,
    Always(&'static str),
    /// No statement does it as things are.
    ByHand(&'static str),
    /// Where a row has a value in each of these columns.
    WithValues(&'static str, Vec<&'a str>),
}
