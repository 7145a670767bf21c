use super::{
    support::{Bench, number, rows},
    together::{batch, run, table},
};
use crate::{
    column::{
        ColumnError, ColumnType, RowReader,
        ValueRef::{
            self, Bool, Bytes, Date, DateTime, Decimal, Double, Float, Json, Null, Signed, Text,
            Timestamp, Unsigned, Uuid, Word,
        },
    },
    database::{Dialect, Session},
    entity::AssignMode,
    statement::Operation,
};

/// How a type's values can be found again by an equality.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Found {
    Exactly,
    /// Floats of four bytes and JSON do not equal what was bound.
    Never,
}

/// Stores the values and NULL in a column of the type, reads them back and finds them again.
pub(super) async fn check(
    bench: &Bench,
    column_type: ColumnType,
    values: &[ValueRef<'_>],
    found: Found,
) {
    let mut session = bench.session().await;
    // A table for each type: where one changes under a prepared statement, MySQL may take the next value
    // for one of the type before.
    let words: String = column_type
        .to_string()
        .chars()
        .take(30)
        .filter(char::is_ascii_alphanumeric)
        .collect();
    let name = format!("conformance_value_{words}");
    let drop_table = format!("DROP TABLE IF EXISTS `{name}`");
    session.execute(&drop_table, &[]).await.unwrap();
    let table = format!(
        "CREATE TABLE `{name}` (`id` {} NOT NULL PRIMARY KEY, `value` {} NULL){}",
        bench.type_name(&ColumnType::Integer {
            bits: 64,
            signed: true
        }),
        bench.type_name(&column_type),
        bench.table_options()
    );
    session
        .execute(&table, &[])
        .await
        .unwrap_or_else(|error| panic!("{table}: {error}"));
    let mut values = values.to_vec();
    values.push(Null);
    // As many rows in one statement, and each again in one of its own.
    let ids: Vec<i64> = (0_i64..).take(values.len()).collect();
    let insert = format!("INSERT INTO `{name}` (`id`, `value`) VALUES (?, ?)");
    let many = insert.clone() + &", (?, ?)".repeat(values.len() - 1);
    let binds: Vec<_> = ids
        .iter()
        .zip(&values)
        .flat_map(|(id, value)| [Signed(*id), *value])
        .collect();
    session
        .execute(&many, &binds)
        .await
        .unwrap_or_else(|error| panic!("{column_type}: {error}"));
    for (id, value) in ids.iter().zip(&values) {
        let inserted = session.execute(&insert, &[Signed(id + 1000), *value]).await;
        inserted.unwrap_or_else(|error| panic!("{column_type} {value:?}: {error}"));
    }
    let sql = format!("SELECT `id`, `value`, `id` FROM `{name}` ORDER BY `id`");
    let read = rows(session.as_mut(), &sql, &[], |row| {
        let id = row.signed()?;
        let value = usize::try_from(id % 1000)
            .ok()
            .and_then(|at| values.get(at))
            .expect("a row of ours");
        let same = same(bench.dialect, row, *value)?;
        assert!(same, "{column_type}: {value:?} came back as another");
        assert_eq!(
            row.signed()?,
            id,
            "{column_type}: the column behind {value:?}"
        );
        Ok(id)
    });
    let read = read
        .await
        .unwrap_or_else(|error| panic!("{column_type}: {error}"));
    assert_eq!(read.len(), 2 * values.len());
    update_together(bench, session.as_mut(), &name, column_type, &values).await;
    for (id, value) in ids.iter().zip(&values) {
        if found == Found::Exactly && *value != Null && *value != Double(0.0) {
            let sql = format!("SELECT COUNT(*) FROM `{name}` WHERE `value` = ? AND `id` = ?");
            let count = number(session.as_mut(), &sql, &[*value, Signed(*id)]).await;
            assert_eq!(count, 1, "{column_type}: {value:?} is found by its value");
        }
    }
    let nulls = format!("SELECT COUNT(*) FROM `{name}` WHERE `value` IS NULL");
    assert_eq!(
        number(session.as_mut(), &nulls, &[]).await,
        2,
        "{column_type}: only NULL is NULL"
    );
    session.execute(&drop_table, &[]).await.unwrap();
}

/// Gives each row the value of another, in as few statements as the library would.
async fn update_together(
    bench: &Bench,
    session: &mut dyn Session,
    name: &str,
    column_type: ColumnType,
    values: &[ValueRef<'_>],
) {
    let key = ColumnType::Integer {
        bits: 64,
        signed: true,
    };
    let table = table(name.to_owned(), &[("id", key), ("value", column_type)]);
    let count = values.len();
    let nulls = vec![Null; count];
    // Each value in another row, first among others and last; all NULL; and back to what they were.
    for turned in (1..count).map(Some).chain([None, Some(0)]) {
        let mut expected = nulls.clone();
        if let Some(by) = turned {
            expected.copy_from_slice(values);
            expected.rotate_left(by);
        }
        let statements: Vec<_> = (0_i64..)
            .zip(&expected)
            .map(|(id, value)| vec![Signed(id), *value])
            .collect();
        let columns = [(1, AssignMode::Set)];
        let batch = batch(table, Operation::Update, &columns, &statements);
        let done = run(bench, session, &batch).await;
        let statements = done.unwrap_or_else(|failure| panic!("{column_type}: {}", failure.error));
        let is_merged = bench.dialect != Dialect::Sqlite && !is_large(&column_type);
        let fewest = if is_merged {
            count.count_ones() as usize
        } else {
            count
        };
        assert_eq!(statements, fewest, "{column_type}: {count} rows");
        let sql = format!("SELECT `value` FROM `{name}` WHERE `id` < 1000 ORDER BY `id`");
        let mut expected = expected.iter();
        let read = rows(session, &sql, &[], |row| {
            let value = *expected.next().expect("no row more");
            let same = same(bench.dialect, row, value)?;
            assert!(same, "{column_type}: {value:?} was updated to another");
            Ok(())
        });
        assert_eq!(read.await.unwrap().len(), count);
    }
}

/// What is updated row by row.
fn is_large(column_type: &ColumnType) -> bool {
    matches!(
        column_type,
        ColumnType::Text { length: None } | ColumnType::Blob(_) | ColumnType::Json
    )
}

/// Whether the row's next column holds the value, floats to the bit.
fn same(
    dialect: Dialect,
    row: &mut dyn RowReader,
    value: ValueRef<'_>,
) -> Result<bool, ColumnError> {
    if row.is_null()? != (value == Null) {
        row.skip();
        return Ok(false);
    }
    Ok(match value {
        // MariaDB knows one zero.
        Float(value) if dialect == Dialect::MariaDb && value == 0.0 => row.float()? == 0.0,
        Double(value) if dialect == Dialect::MariaDb && value == 0.0 => row.double()? == 0.0,
        Null => {
            row.skip();
            true
        }
        Bool(value) => row.bool()? == value,
        Signed(value) => row.signed()? == value,
        Unsigned(value) => row.unsigned()? == value,
        Float(value) => row.float()?.to_bits() == value.to_bits(),
        Double(value) => row.double()?.to_bits() == value.to_bits(),
        Text(value) | Json(value) | Word(value) => row.text()? == value,
        Bytes(value) => row.bytes()? == value,
        Date(days) => row.date()? == days,
        DateTime(micros) => row.datetime()? == micros,
        Timestamp(micros) => row.timestamp()? == micros,
        Decimal(value) => plain(row.text()?) == plain(value),
        Uuid(value) => row.bytes()? == value,
    })
}

/// A decimal without the zeros that its column's scale adds.
pub(super) fn plain(decimal: &str) -> &str {
    if decimal.contains('.') {
        decimal.trim_end_matches('0').trim_end_matches('.')
    } else {
        decimal
    }
}
