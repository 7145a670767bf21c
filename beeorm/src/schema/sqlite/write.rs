use super::{
    super::{
        alter::Action,
        change::Change,
        definitions::Definitions,
        foreign_key::foreign_keys,
        have::ForeignKey,
        literal::{canonical, value, zero},
    },
    Sqlite,
    kind::declared,
};
use crate::{
    column::ColumnType,
    database::render::quoted,
    entity::{ColumnSchema, IndexSchema, KeySource, TableSchema},
};

/// What makes the change.
pub(super) fn actions(sqlite: &Sqlite, table: &TableSchema, change: &Change<'_>) -> Vec<Action> {
    match change {
        Change::Create { foreign_keys, .. } => {
            let indexes = table
                .indexes
                .iter()
                .map(|index| create_index(sqlite, table, index));
            std::iter::once(create(table, foreign_keys))
                .chain(indexes)
                .map(Action::Run)
                .collect()
        }
        Change::AddColumn { position, .. } => {
            let added = format!(
                "ALTER TABLE {} ADD COLUMN {}",
                quoted(table.table),
                new_column(table, *position)
            );
            vec![Action::Run(added)]
        }
        Change::AddIndex { index, replaces } => {
            let dropped = replaces.map(|name| format!("DROP INDEX {}", quoted(name)));
            dropped
                .into_iter()
                .chain([create_index(sqlite, table, index)])
                .map(Action::Run)
                .collect()
        }
        Change::DropIndex(name) => vec![Action::Run(format!("DROP INDEX {}", quoted(name)))],
        Change::DropColumn(name) => {
            vec![Action::Run(format!(
                "ALTER TABLE {} DROP COLUMN {}",
                quoted(table.table),
                quoted(name)
            ))]
        }
        Change::ModifyColumn { position, .. } => by_hand(&format!(
            "change a column to {}",
            column(table, *position, None)
        )),
        Change::ReplaceKey { .. } => by_hand(&format!(
            "make {} the key",
            quoted(&table.key_column().name)
        )),
        Change::DropForeignKey(name) => {
            by_hand(&format!("drop the foreign key of {}", quoted(name)))
        }
        Change::AddForeignKey {
            with_column: true,
            position,
            ..
        } if refers_when_added(table, *position) => Vec::new(),
        Change::AddForeignKey { foreign_key, .. } => {
            by_hand(&format!("add: {}", self::foreign_key(foreign_key)))
        }
        Change::MakeTransactional | Change::GiveDefault { .. } => Vec::new(),
    }
}

fn by_hand(what: &str) -> Vec<Action> {
    let how = "make a new table, copy the rows, drop the old table and rename the new one";
    vec![Action::ByHand(format!("SQLite cannot {what}; {how}"))]
}

fn create(table: &TableSchema, foreign_keys: &[ForeignKey]) -> String {
    let columns = (0..table.columns.len()).map(|position| column(table, position, None));
    let lines: Vec<String> = columns
        .chain(foreign_keys.iter().map(foreign_key))
        .collect();
    format!(
        "CREATE TABLE {} (\n  {}\n)",
        quoted(table.table),
        lines.join(",\n  ")
    )
}

fn create_index(sqlite: &Sqlite, table: &TableSchema, index: &IndexSchema) -> String {
    let columns = index
        .columns
        .iter()
        .filter_map(|position| table.columns.get(*position));
    let columns: Vec<_> = columns.map(|column| quoted(&column.name)).collect();
    let unique = if index.unique { "UNIQUE " } else { "" };
    let name = quoted(&sqlite.index_name(table, index));
    format!(
        "CREATE {unique}INDEX {name} ON {} ({})",
        quoted(table.table),
        columns.join(", ")
    )
}

fn foreign_key(key: &ForeignKey) -> String {
    format!(
        "CONSTRAINT {} FOREIGN KEY ({}) {}",
        quoted(&key.name),
        quoted(&key.column),
        references(key)
    )
}

fn references(key: &ForeignKey) -> String {
    format!(
        "REFERENCES {} ({}) ON DELETE RESTRICT",
        quoted(&key.parent),
        quoted(&key.parent_column)
    )
}

fn column(table: &TableSchema, position: usize, default: Option<String>) -> String {
    let Some(column) = table.columns.get(position) else {
        return String::new();
    };
    let mut sql = format!("{} {}", quoted(&column.name), declared(table, position));
    sql.push_str(if column.nullable {
        " NULL"
    } else {
        " NOT NULL"
    });
    if position == table.key {
        sql.push_str(" PRIMARY KEY");
        if table.key_source == KeySource::AutoIncrement {
            sql.push_str(" AUTOINCREMENT");
        }
    }
    if let Some(default) = column
        .default
        .map(|text| literal(column, &value(text)))
        .or(default)
    {
        sql.push_str(&format!(" DEFAULT {default}"));
    }
    sql
}

/// A column of a table that has rows: they need a value, or NULL.
fn new_column(table: &TableSchema, position: usize) -> String {
    let Some(new) = table.columns.get(position) else {
        return String::new();
    };
    let default = (!new.nullable).then(|| literal(new, zero(&new.column_type)));
    let mut sql = column(table, position, default);
    if refers_when_added(table, position)
        && let Some((_, key)) = foreign_keys(table).iter().find(|(of, _)| *of == position)
    {
        sql.push_str(&format!(" {}", references(key)));
    }
    sql
}

/// SQLite adds a reference only where it is NULL in every row.
fn refers_when_added(table: &TableSchema, position: usize) -> bool {
    table
        .columns
        .get(position)
        .is_some_and(|column| column.nullable && column.default.is_none())
}

/// The value as the entity's own values are bound.
fn literal(column: &ColumnSchema, value: &str) -> String {
    let kind = &column.column_type;
    match kind {
        ColumnType::Integer {
            bits: 64,
            signed: false,
        } => match value.parse::<u64>() {
            Ok(number) if i64::try_from(number).is_err() => format!("'{number:020}'"),
            _ => value.to_owned(),
        },
        ColumnType::Bool | ColumnType::Integer { .. } => value.to_owned(),
        // With a point, or SQLite would keep an integer.
        ColumnType::Float | ColumnType::Double => value
            .parse::<f64>()
            .map_or_else(|_| value.to_owned(), |number| format!("{number:?}")),
        ColumnType::Blob(_) | ColumnType::Uuid => {
            let digits: String = value.bytes().map(|byte| format!("{byte:02x}")).collect();
            format!("x'{digits}'")
        }
        kind => format!("'{}'", canonical(kind, value).replace('\'', "''")),
    }
}
