use super::{
    super::{
        have::{Column, ForeignKey, Index, Table, grouped, rows},
        literal,
    },
    kind::{prefix_bytes, told},
};
use crate::{
    column::{Column as _, ColumnError, RowReader},
    database::{SelectError, Session, render::quoted},
};

const TABLE: &str = "SELECT TABLE_TYPE, ENGINE, TABLE_COLLATION FROM information_schema.TABLES \
     WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?";
const COLUMNS: &str = "SELECT COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, COLUMN_DEFAULT, EXTRA, COLLATION_NAME, \
     COLUMN_COMMENT FROM information_schema.COLUMNS \
     WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION";
/// Those that are a part of a column's definition have its name.
const CHECKS: &str = "SELECT CONSTRAINT_NAME, CHECK_CLAUSE FROM information_schema.CHECK_CONSTRAINTS \
     WHERE CONSTRAINT_SCHEMA = DATABASE() AND TABLE_NAME = ?";
const INDEXES: &str = "SELECT INDEX_NAME, COLUMN_NAME, NON_UNIQUE, SUB_PART, INDEX_TYPE \
     FROM information_schema.STATISTICS \
     WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? ORDER BY INDEX_NAME, SEQ_IN_INDEX";
const FOREIGN_KEYS: &str = "SELECT CONSTRAINT_NAME, COLUMN_NAME, REFERENCED_TABLE_NAME, REFERENCED_COLUMN_NAME, \
     CASE WHEN REFERENCED_TABLE_SCHEMA = DATABASE() THEN NULL ELSE REFERENCED_TABLE_SCHEMA END \
     FROM information_schema.KEY_COLUMN_USAGE WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? \
     AND REFERENCED_TABLE_NAME IS NOT NULL ORDER BY CONSTRAINT_NAME, ORDINAL_POSITION";

/// The table, if it is there.
pub(super) async fn table(
    session: &mut dyn Session,
    table: &str,
    is_maria: bool,
) -> Result<Option<Table>, SelectError> {
    let about = rows(session, TABLE, table, |row| {
        let (table_type, engine) = (String::read(row)?, Option::<String>::read(row)?);
        Ok((table_type, engine, Option::<String>::read(row)?))
    })
    .await?;
    let Some((table_type, engine, collation)) = about.into_iter().next() else {
        return Ok(None);
    };
    let mut columns = rows(session, COLUMNS, table, |row| column(row, is_maria)).await?;
    // In MySQL they belong to the table.
    if is_maria {
        let checks = rows(session, CHECKS, table, |row| {
            Ok((String::read(row)?, String::read(row)?))
        });
        for (name, condition) in checks.await? {
            if let Some(column) = columns.iter_mut().find(|column| column.name == name) {
                checked(column, &condition);
            }
        }
    }
    let parts = rows(session, INDEXES, table, |row| {
        Ok((String::read(row)?, Part::read(row)?))
    })
    .await?;
    let (key, indexes): (Vec<_>, Vec<_>) = grouped(parts)
        .into_iter()
        .partition(|(name, _)| name == "PRIMARY");
    let parents = rows(session, FOREIGN_KEYS, table, |row| {
        Ok((String::read(row)?, Parent::read(row)?))
    })
    .await?;
    let is_view = table_type.ends_with("VIEW");
    Ok(Some(Table {
        key: key
            .into_iter()
            .flat_map(|(_, parts)| parts)
            .filter_map(|part| part.column)
            .collect(),
        indexes: indexes
            .into_iter()
            .map(|(name, parts)| index(name, parts, &columns))
            .collect(),
        foreign_keys: grouped(parents)
            .into_iter()
            .filter_map(|(name, parents)| foreign_key(name, parents))
            .collect(),
        without_transactions: engine
            .is_some_and(|engine| ["MyISAM", "Aria", "MEMORY", "CSV"].contains(&engine.as_str())),
        collation,
        is_view,
        folds_all_letters: true,
        columns,
    }))
}

fn column(row: &mut dyn RowReader, is_maria: bool) -> Result<Column, ColumnError> {
    let (name, kind, nullable) = (
        String::read(row)?,
        String::read(row)?,
        String::read(row)? == "YES",
    );
    let default = Option::<String>::read(row)?;
    let extra = String::read(row)?.to_ascii_lowercase();
    let default = match default {
        Some(default) if is_maria => of_maria(default),
        Some(default) if extra.contains(EXPRESSION) => Some(of_expression(default)),
        default => default,
    };
    let generated = extra.replace(EXPRESSION, "").contains("generated");
    Ok(Column {
        name,
        kind: told(&kind),
        nullable,
        default,
        auto_increment: extra.contains("auto_increment"),
        on_update: extra.contains("on update"),
        generated,
        has_check: false,
        loses: loses(&extra, generated),
        collation: Option::read(row)?,
        comment: String::read(row)?,
    })
}

/// What MySQL says of a column whose default is an expression.
const EXPRESSION: &str = "default_generated";

/// What a new definition does not repeat.
fn loses(extra: &str, generated: bool) -> Option<&'static str> {
    if generated {
        return Some("the database computes the column, and would no longer");
    }
    let (extra, _) = extra.split_once("on update").unwrap_or((extra, ""));
    let more = extra.replace(EXPRESSION, "").replace("auto_increment", "");
    match more.trim() {
        "" => None,
        "invisible" => Some("the column is invisible, and would no longer be"),
        _ => Some("the column has attributes that it would lose (SHOW CREATE TABLE tells them)"),
    }
}

/// JSON is the one type that MariaDB keeps by a condition.
fn checked(column: &mut Column, condition: &str) {
    let is_json = condition.eq_ignore_ascii_case(&format!("json_valid({})", quoted(&column.name)));
    if is_json && column.kind == "longtext" {
        column.kind = "json".to_owned();
    } else {
        column.has_check = true;
        column.loses = column
            .loses
            .or(Some("the column has a CHECK, which would be dropped"));
    }
}

/// Of `_utf8mb4\'text\'`, as MySQL tells a literal that stands where an expression does.
fn of_expression(default: String) -> String {
    let told = default.replace("\\'", "'");
    match told.split_once('\'') {
        Some((charset, rest)) if charset.starts_with('_') || charset.is_empty() => {
            rest.strip_suffix('\'').map_or(default, literal::unescaped)
        }
        _ => default,
    }
}

/// MariaDB tells a literal where MySQL tells the value.
fn of_maria(default: String) -> Option<String> {
    (default != "NULL").then(|| literal::value(&default))
}

/// A column of an index.
struct Part {
    /// None for an expression.
    column: Option<String>,
    unique: bool,
    /// So many letters or bytes of it.
    prefix: Option<i64>,
    /// Whether it is in the order of its columns.
    is_ordered: bool,
}

impl Part {
    fn read(row: &mut dyn RowReader) -> Result<Self, ColumnError> {
        Ok(Self {
            column: Option::read(row)?,
            unique: row.signed()? == 0,
            prefix: Option::read(row)?,
            is_ordered: ["BTREE", "HASH"].contains(&row.text()?),
        })
    }

    fn is_whole(&self) -> bool {
        self.column.is_some() && self.prefix.is_none()
    }

    /// What a prefix, or an expression, takes of an index.
    fn bytes(&self, columns: &[Column]) -> u32 {
        let named = |column: &&Column| Some(&column.name) == self.column.as_ref();
        match (columns.iter().find(named), self.prefix) {
            (Some(column), Some(prefix)) => prefix_bytes(column, prefix),
            // It is not told: as a VARCHAR(255) would.
            _ => 1020,
        }
    }
}

fn index(name: String, parts: Vec<Part>, columns: &[Column]) -> Index {
    let is_ordered = parts.iter().all(|part| part.is_ordered);
    let limited = || parts.iter().filter(|_| is_ordered);
    let whole = limited().filter(|part| part.is_whole());
    let others = limited().filter(|part| !part.is_whole());
    Index {
        name,
        unique: parts.iter().any(|part| part.unique),
        is_special: !is_ordered || !parts.iter().all(Part::is_whole),
        whole: whole.filter_map(|part| part.column.clone()).collect(),
        other_bytes: others.map(|part| part.bytes(columns)).sum(),
        columns: parts.into_iter().filter_map(|part| part.column).collect(),
    }
}

struct Parent {
    column: String,
    table: String,
    parent_column: String,
    /// Where it lies in another database.
    database: Option<String>,
}

impl Parent {
    fn read(row: &mut dyn RowReader) -> Result<Self, ColumnError> {
        Ok(Self {
            column: String::read(row)?,
            table: String::read(row)?,
            parent_column: String::read(row)?,
            database: Option::read(row)?,
        })
    }
}

/// Those of several columns no entity can ask for.
fn foreign_key(name: String, mut parents: Vec<Parent>) -> Option<ForeignKey> {
    let parent = parents.pop().filter(|_| parents.is_empty())?;
    let table = parent.database.map_or_else(
        || parent.table.clone(),
        |database| format!("{database}.{}", parent.table),
    );
    Some(ForeignKey {
        name,
        column: parent.column,
        parent: table,
        parent_column: parent.parent_column,
    })
}
