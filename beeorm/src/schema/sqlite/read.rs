use super::{
    super::{
        have::{Column, ForeignKey, Index, Table, grouped, rows},
        literal,
    },
    kind::affinity,
};
use crate::{
    column::{Column as _, ColumnError, RowReader},
    database::{SelectError, Session},
};

const TABLE: &str = "SELECT `type` FROM sqlite_schema WHERE `type` IN ('table', 'view') AND `name` = ? COLLATE NOCASE";
const COLUMNS: &str =
    "SELECT `name`, `type`, `notnull`, `dflt_value`, `pk` FROM pragma_table_info(?) ORDER BY `cid`";
const INDEXES: &str = "SELECT `list`.`name`, `info`.`name`, `list`.`unique`, `list`.`partial` \
     FROM pragma_index_list(?) AS `list`, pragma_index_info(`list`.`name`) AS `info` \
     WHERE `list`.`origin` = 'c' ORDER BY `list`.`name`, `info`.`seqno`";
const FOREIGN_KEYS: &str = "SELECT CAST(`key`.`id` AS TEXT), `key`.`from`, `key`.`table`, \
     COALESCE(`key`.`to`, (SELECT `name` FROM pragma_table_info(`key`.`table`) WHERE `pk` = 1), '') \
     FROM pragma_foreign_key_list(?) AS `key` ORDER BY `key`.`id`, `key`.`seq`";

/// The table, if it is there.
pub(super) async fn table(
    session: &mut dyn Session,
    table: &str,
) -> Result<Option<Table>, SelectError> {
    let about = rows(session, TABLE, table, |row| String::read(row)).await?;
    let Some(table_type) = about.first() else {
        return Ok(None);
    };
    let (columns, in_key): (Vec<_>, Vec<_>) = rows(session, COLUMNS, table, column)
        .await?
        .into_iter()
        .unzip();
    let key = columns.iter().zip(in_key).filter(|(_, in_key)| *in_key);
    let key = key
        .map(|(column, _): (&Column, _)| column.name.clone())
        .collect();
    let parts = rows(session, INDEXES, table, |row| {
        Ok((String::read(row)?, Part::read(row)?))
    })
    .await?;
    let parents = rows(session, FOREIGN_KEYS, table, parent).await?;
    Ok(Some(Table {
        columns,
        key,
        indexes: grouped(parts)
            .into_iter()
            .map(|(name, parts)| index(name, parts))
            .collect(),
        foreign_keys: grouped(parents)
            .into_iter()
            .filter_map(|(_, parents)| only(parents))
            .collect(),
        without_transactions: false,
        collation: None,
        is_view: table_type == "view",
        folds_all_letters: false,
    }))
}

/// The column, and whether it belongs to the key.
fn column(row: &mut dyn RowReader) -> Result<(Column, bool), ColumnError> {
    let (name, declared) = (String::read(row)?, String::read(row)?);
    let not_null = row.signed()? != 0;
    let default = Option::<String>::read(row)?;
    let in_key = row.signed()? != 0;
    let column = Column {
        name,
        kind: affinity(&declared).to_owned(),
        nullable: !not_null && !in_key,
        default: default.and_then(|default| value(&default)),
        auto_increment: in_key && declared.eq_ignore_ascii_case("INTEGER"),
        ..Column::default()
    };
    Ok((column, in_key))
}

/// The value of a default, which is told as it was written.
fn value(default: &str) -> Option<String> {
    if default.eq_ignore_ascii_case("NULL") {
        return None;
    }
    if let Some(digits) = default.strip_prefix(['x', 'X']).and_then(literal::unquoted) {
        let byte = |digits: &[u8]| {
            u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16)
                .ok()
                .map(char::from)
        };
        return Some(digits.as_bytes().chunks(2).filter_map(byte).collect());
    }
    Some(
        literal::unquoted(default)
            .map_or_else(|| default.to_owned(), |text| text.replace("''", "'")),
    )
}

/// A column of an index.
struct Part {
    /// None for an expression.
    column: Option<String>,
    unique: bool,
    is_partial: bool,
}

impl Part {
    fn read(row: &mut dyn RowReader) -> Result<Self, ColumnError> {
        Ok(Self {
            column: Option::read(row)?,
            unique: row.signed()? != 0,
            is_partial: row.signed()? != 0,
        })
    }
}

fn index(name: String, parts: Vec<Part>) -> Index {
    Index {
        name,
        unique: parts.iter().any(|part| part.unique),
        is_special: parts
            .iter()
            .any(|part| part.is_partial || part.column.is_none()),
        columns: parts.into_iter().filter_map(|part| part.column).collect(),
        // Without a limit.
        ..Index::default()
    }
}

/// With the number of the foreign key; it has no name.
fn parent(row: &mut dyn RowReader) -> Result<(String, ForeignKey), ColumnError> {
    let number = String::read(row)?;
    let (column, parent, parent_column) =
        (String::read(row)?, String::read(row)?, String::read(row)?);
    Ok((
        number,
        ForeignKey {
            name: column.clone(),
            column,
            parent,
            parent_column,
        },
    ))
}

/// Those of several columns no entity can ask for.
fn only(mut parents: Vec<ForeignKey>) -> Option<ForeignKey> {
    parents.pop().filter(|_| parents.is_empty())
}
