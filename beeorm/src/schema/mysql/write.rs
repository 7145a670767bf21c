use super::{
    super::{
        change::Change,
        have::{Column, ForeignKey},
        literal::{canonical, is_default, value, zero},
    },
    MySql,
};
use crate::{
    column::ColumnType,
    database::render::quoted,
    entity::{ColumnSchema, IndexSchema, KeySource, TableSchema},
};

/// What a column's definition is for.
enum For<'a> {
    /// With a collation that is not the table's.
    NewTable(Option<&'a str>),
    /// With rows in the table that get a value too.
    OldTable(Option<&'a str>),
    /// What it says of itself that no entity asks for stays.
    Change(&'a Column),
}

/// The statement that makes the change.
pub(super) fn sql(mysql: &MySql, table: &TableSchema, change: &Change<'_>) -> String {
    let clause = match change {
        Change::Create {
            foreign_keys,
            collations,
        } => return create(mysql, table, foreign_keys, collations),
        Change::DropForeignKey(name) => format!("DROP FOREIGN KEY {}", quoted(name)),
        Change::MakeTransactional => "ENGINE=InnoDB".to_owned(),
        Change::ReplaceKey {
            had_one,
            with_column,
        } => {
            let dropped = if *had_one { "DROP PRIMARY KEY, " } else { "" };
            let added = with_column.then(|| {
                format!(
                    "ADD COLUMN {}, ",
                    column(mysql, table, table.key, &For::OldTable(None))
                )
            });
            format!("{dropped}{}ADD {}", added.unwrap_or_default(), key(table))
        }
        Change::DropIndex(name) => format!("DROP INDEX {}", quoted(name)),
        Change::DropColumn(name) => format!("DROP COLUMN {}", quoted(name)),
        Change::GiveDefault { have, default } if mysql.redefines(default) => {
            format!("MODIFY COLUMN {}", as_it_is(mysql, have, default))
        }
        Change::GiveDefault { have, default } => {
            format!("ALTER COLUMN {} SET DEFAULT {default}", quoted(&have.name))
        }
        Change::AddColumn {
            position,
            collation,
        } => format!(
            "ADD COLUMN {}",
            column(
                mysql,
                table,
                *position,
                &For::OldTable(collation.as_deref())
            )
        ),
        Change::ModifyColumn { position, have } => {
            format!(
                "MODIFY COLUMN {}",
                column(mysql, table, *position, &For::Change(have))
            )
        }
        // In one statement, as a foreign key may need the index at every moment.
        Change::AddIndex {
            index: new,
            replaces,
        } => {
            let dropped = replaces
                .map(|name| format!("DROP INDEX {}, ", quoted(name)))
                .unwrap_or_default();
            format!("{dropped}ADD {}", index(table, new))
        }
        Change::AddForeignKey {
            foreign_key: new, ..
        } => format!("ADD {}", foreign_key(new)),
    };
    format!("ALTER TABLE {} {clause}", quoted(table.table))
}

fn create(
    mysql: &MySql,
    table: &TableSchema,
    foreign_keys: &[ForeignKey],
    collations: &[(usize, String)],
) -> String {
    let collation = |position| {
        let mut collations = collations.iter();
        collations.find_map(|(of, collation)| (*of == position).then_some(collation.as_str()))
    };
    let columns = (0..table.columns.len())
        .map(|position| column(mysql, table, position, &For::NewTable(collation(position))));
    let indexes = table.indexes.iter().map(|new| index(table, new));
    let lines = columns
        .chain([key(table)])
        .chain(indexes)
        .chain(foreign_keys.iter().map(foreign_key));
    let lines: Vec<String> = lines.collect();
    format!(
        "CREATE TABLE {} (\n  {}\n) ENGINE=InnoDB{}",
        quoted(table.table),
        lines.join(",\n  "),
        mysql.charset
    )
}

fn key(table: &TableSchema) -> String {
    format!("PRIMARY KEY ({})", quoted(&table.key_column().name))
}

fn index(table: &TableSchema, index: &IndexSchema) -> String {
    let columns = index
        .columns
        .iter()
        .filter_map(|position| table.columns.get(*position));
    let columns: Vec<_> = columns.map(|column| quoted(&column.name)).collect();
    let unique = if index.unique { "UNIQUE " } else { "" };
    format!(
        "{unique}INDEX {} ({})",
        quoted(&index.name),
        columns.join(", ")
    )
}

fn foreign_key(key: &ForeignKey) -> String {
    let ForeignKey {
        name,
        column,
        parent,
        parent_column,
    } = key;
    format!(
        "CONSTRAINT {} FOREIGN KEY ({}) REFERENCES {} ({}) ON DELETE RESTRICT",
        quoted(name),
        quoted(column),
        quoted(parent),
        quoted(parent_column)
    )
}

fn column(mysql: &MySql, table: &TableSchema, position: usize, purpose: &For<'_>) -> String {
    let Some(column) = table.columns.get(position) else {
        return String::new();
    };
    let mut sql = format!("{} {}", quoted(&column.name), kind(&column.column_type));
    let collation = match purpose {
        For::Change(have) => have.collation.as_deref(),
        For::NewTable(collation) | For::OldTable(collation) => *collation,
    };
    if let Some(collation) = collation.filter(|_| column.column_type.is_collated()) {
        sql.push_str(&format!(" COLLATE {collation}"));
    }
    // Always said: an old server reads a TIMESTAMP without it as NOT NULL.
    sql.push_str(if column.nullable {
        " NULL"
    } else {
        " NOT NULL"
    });
    let is_key = position == table.key;
    // Servers take one or the other.
    if is_key && table.key_source == KeySource::AutoIncrement {
        sql.push_str(" AUTO_INCREMENT");
    } else if let Some(default) = default(column, is_key, purpose) {
        sql.push_str(&format!(" DEFAULT {default}"));
    }
    if let For::Change(have) = purpose {
        sql.push_str(&comment(mysql, have));
    }
    sql
}

/// A column that no entity knows, which takes no NULL, with a default.
fn as_it_is(mysql: &MySql, have: &Column, default: &str) -> String {
    let collation = have.collation.as_ref();
    let collate = collation.map_or_else(String::new, |name| format!(" COLLATE {name}"));
    format!(
        "{} {}{collate} NOT NULL DEFAULT {default}{}",
        quoted(&have.name),
        have.kind,
        comment(mysql, have)
    )
}

fn comment(mysql: &MySql, have: &Column) -> String {
    if have.comment.is_empty() {
        return String::new();
    }
    // A comment cannot be written in hexadecimal, as other texts are.
    let backslash = if mysql.plain_backslashes {
        "\\"
    } else {
        "\\\\"
    };
    let comment = have.comment.replace('\\', backslash).replace('\'', "''");
    format!(" COMMENT '{comment}'")
}

fn kind(kind: &ColumnType) -> String {
    let list = |name: &str, values: &[&str]| {
        let values: Vec<_> = values.iter().map(|value| text(value)).collect();
        format!("{name}({})", values.join(","))
    };
    match kind {
        ColumnType::Enum(values) => list("enum", values),
        ColumnType::Set(values) => list("set", values),
        kind => kind.to_string(),
    }
}

/// The default: the entity's own, or one that the server would otherwise choose wrongly.
fn default(column: &ColumnSchema, is_key: bool, purpose: &For<'_>) -> Option<String> {
    let kind = &column.column_type;
    if let Some(literal) = column.default {
        let value = value(literal);
        return Some(match kind {
            ColumnType::DateTime | ColumnType::Timestamp => text(&canonical(kind, &value)),
            _ if literal.starts_with('\'') => text(&value),
            _ => value,
        });
    }
    let needed = match purpose {
        // Without one, servers before their `explicit_defaults_for_timestamp` set it at every update.
        _ if *kind == ColumnType::Timestamp => true,
        For::NewTable(_) => false,
        // Programs that do not know the column yet go on inserting rows, and so do their frames in the stream.
        For::OldTable(_) => !is_key,
        For::Change(have) => have.default.is_some() && is_default(column, have.default.as_deref()),
    };
    (needed && !column.nullable).then(|| nothing(kind))
}

/// The value that stands for nothing. Long texts and the like take it as an expression only.
fn nothing(kind: &ColumnType) -> String {
    let zero = zero(kind);
    match kind {
        ColumnType::Text { length: None } | ColumnType::Blob(_) | ColumnType::Json => {
            format!("({})", text(zero))
        }
        ColumnType::Uuid => format!("x'{}'", "00".repeat(16)),
        ColumnType::Bool
        | ColumnType::Integer { .. }
        | ColumnType::Float
        | ColumnType::Double
        | ColumnType::Decimal { .. } => zero.to_owned(),
        _ => text(zero),
    }
}

/// A literal that means the same in every SQL mode: whether a backslash escapes depends on it.
pub(super) fn text(value: &str) -> String {
    if value.contains('\\') {
        let digits: String = value.bytes().map(|byte| format!("{byte:02x}")).collect();
        return format!("x'{digits}'");
    }
    format!("'{}'", value.replace('\'', "''"))
}
