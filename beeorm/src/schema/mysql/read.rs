use super::{
    super::{
        have::{Column, ForeignKey, Index, Table, grouped, rows},
        literal,
    },
    kind::told,
};
use crate::{
    column::{Column as _, ColumnError, RowReader},
    database::{SelectError, Session},
};

const TABLE: &str = "SELECT TABLE_TYPE, ENGINE FROM information_schema.TABLES \
     WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?";
const COLUMNS: &str = "SELECT COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, COLUMN_DEFAULT, EXTRA, COLLATION_NAME, \
     COLUMN_COMMENT FROM information_schema.COLUMNS \
     WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION";
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
        Ok((String::read(row)?, Option::<String>::read(row)?))
    })
    .await?;
    let Some((table_type, engine)) = about.into_iter().next() else {
        return Ok(None);
    };
    let columns = rows(session, COLUMNS, table, |row| column(row, is_maria)).await?;
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
        columns,
        key: key
            .into_iter()
            .flat_map(|(_, parts)| parts)
            .filter_map(|part| part.column)
            .collect(),
        indexes: indexes
            .into_iter()
            .map(|(name, parts)| index(name, parts))
            .collect(),
        foreign_keys: grouped(parents)
            .into_iter()
            .filter_map(|(name, parents)| foreign_key(name, parents))
            .collect(),
        without_transactions: engine
            .is_some_and(|engine| ["MyISAM", "Aria", "MEMORY", "CSV"].contains(&engine.as_str())),
        is_view,
    }))
}

fn column(row: &mut dyn RowReader, is_maria: bool) -> Result<Column, ColumnError> {
    let (name, kind, nullable) = (
        String::read(row)?,
        String::read(row)?,
        String::read(row)? == "YES",
    );
    let default = Option::<String>::read(row)?;
    let default = if is_maria {
        default.and_then(of_maria)
    } else {
        default
    };
    let extra = String::read(row)?.to_ascii_lowercase();
    Ok(Column {
        name,
        kind: told(&kind),
        nullable,
        default,
        auto_increment: extra.contains("auto_increment"),
        on_update: extra.contains("on update"),
        collation: Option::read(row)?,
        comment: String::read(row)?,
    })
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
    is_special: bool,
}

impl Part {
    fn read(row: &mut dyn RowReader) -> Result<Self, ColumnError> {
        let column = Option::<String>::read(row)?;
        let unique = row.signed()? == 0;
        let is_prefix = !row.is_null()?;
        row.skip();
        let is_special = is_prefix || column.is_none() || !["BTREE", "HASH"].contains(&row.text()?);
        Ok(Self {
            column,
            unique,
            is_special,
        })
    }
}

fn index(name: String, parts: Vec<Part>) -> Index {
    Index {
        name,
        unique: parts.iter().any(|part| part.unique),
        is_special: parts.iter().any(|part| part.is_special),
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
