//! Statements as data.

use crate::simulation::database::datum::Datum;

#[derive(Clone, Debug, PartialEq)]
pub(in crate::simulation::database) enum Statement {
    CreateTable {
        table: String,
        columns: Vec<Column>,
        key: Vec<String>,
        unique: Vec<Vec<String>>,
    },
    Insert(Insert),
    Update {
        table: String,
        assignments: Vec<(String, Expression)>,
        filter: Option<Expression>,
    },
    Delete {
        table: String,
        filter: Option<Expression>,
    },
    Select(Select),
}

/// A column's definition; its type's words mean nothing here but AUTO_INCREMENT.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::simulation::database) struct Column {
    pub(in crate::simulation::database) name: String,
    pub(in crate::simulation::database) not_null: bool,
    pub(in crate::simulation::database) auto_increment: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(in crate::simulation::database) struct Insert {
    pub(in crate::simulation::database) table: String,
    /// Empty: all of them.
    pub(in crate::simulation::database) columns: Vec<String>,
    pub(in crate::simulation::database) source: Source,
    /// INSERT IGNORE, INSERT OR IGNORE, ON CONFLICT DO NOTHING.
    pub(in crate::simulation::database) ignore: bool,
    /// ON CONFLICT (…) DO UPDATE SET.
    pub(in crate::simulation::database) otherwise: Vec<(String, Expression)>,
}

#[derive(Clone, Debug, PartialEq)]
pub(in crate::simulation::database) enum Source {
    Values(Vec<Vec<Expression>>),
    Select(Box<Select>),
}

#[derive(Clone, Debug, PartialEq)]
pub(in crate::simulation::database) struct Select {
    /// None: all columns.
    pub(in crate::simulation::database) items: Option<Vec<Expression>>,
    pub(in crate::simulation::database) table: Option<String>,
    pub(in crate::simulation::database) filter: Option<Expression>,
    /// Ascending unless the second says otherwise.
    pub(in crate::simulation::database) order: Vec<(Expression, bool)>,
    pub(in crate::simulation::database) limit: Option<Expression>,
    pub(in crate::simulation::database) offset: Option<Expression>,
    pub(in crate::simulation::database) locking: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(in crate::simulation::database) enum Expression {
    /// The place of the `?`.
    Bind(usize),
    Literal(Datum),
    /// Perhaps with its table's name.
    Column(Option<String>, String),
    Operation(Operator, Box<Self>, Box<Self>),
    Not(Box<Self>),
    IsNull(Box<Self>),
    In(Box<Self>, Vec<Self>),
    InSelect(Box<Self>, Box<Select>),
    Exists(Box<Select>),
    Scalar(Box<Select>),
    Case {
        of: Option<Box<Self>>,
        branches: Vec<(Self, Self)>,
        otherwise: Option<Box<Self>>,
    },
    /// `COUNT(*)` has no arguments.
    Call(String, Vec<Self>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::simulation::database) enum Operator {
    Or,
    And,
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Plus,
    Minus,
    Times,
}
