//! Counters end where their column does: what leads beyond is refused, and changes nothing.

use super::{
    round_trip::plain,
    support::{Bench, rows},
    together::{batch, run, table},
};
use crate::{
    column::{
        ColumnError, ColumnSink, ColumnType, RowReader,
        ValueRef::{self, Decimal, Double, Float, Null, Signed, Unsigned},
    },
    database::{Dialect, FailureClass},
    entity::{
        AssignMode::{self, Add, Subtract},
        TableSchema,
    },
    statement::{Batch, Operation, Shape},
};

/// What a column holds, what it is counted by, and what it holds then; none where that is refused.
type Step<'v> = (ValueRef<'v>, AssignMode, ValueRef<'v>, Option<ValueRef<'v>>);

pub(super) async fn counters_end_with_their_column(bench: &Bench) {
    for bits in [8_u8, 16, 32, 64] {
        let (least, most) = (i64::MIN >> (64 - bits), i64::MAX >> (64 - bits));
        let signed = [
            (Signed(most - 1), Add, Signed(1), Some(Signed(most))),
            (Signed(most), Add, Signed(1), None),
            (Signed(1), Add, Signed(most), None),
            (Signed(least), Add, Signed(most), Some(Signed(-1))),
            (Signed(least + 1), Add, Signed(-1), Some(Signed(least))),
            (Signed(least), Add, Signed(-1), None),
            (Signed(least), Subtract, Signed(1), None),
            (Signed(-1), Subtract, Signed(least), Some(Signed(most))),
            (Signed(-1), Add, Signed(least), None),
            (Null, Add, Signed(1), Some(Null)),
            (Signed(1), Add, Null, Some(Null)),
        ];
        check(bench, ColumnType::Integer { bits, signed: true }, &signed).await;
        // MariaDB makes −2⁶³ of 0 − −2⁶³.
        if bits < 64 || bench.dialect != Dialect::MariaDb {
            let beyond = [(Signed(0), Subtract, Signed(least), None)];
            check(bench, ColumnType::Integer { bits, signed: true }, &beyond).await;
        }
        let most = u64::MAX >> (64 - bits);
        let half = most / 2;
        let unsigned = [
            (Unsigned(most - 1), Add, Unsigned(1), Some(Unsigned(most))),
            (Unsigned(most), Add, Unsigned(1), None),
            (Unsigned(1), Add, Unsigned(most), None),
            (Unsigned(half), Add, Unsigned(1), Some(Unsigned(half + 1))),
            (
                Unsigned(half + 1),
                Subtract,
                Unsigned(1),
                Some(Unsigned(half)),
            ),
            (Unsigned(most), Subtract, Unsigned(most), Some(Unsigned(0))),
            (Unsigned(0), Subtract, Unsigned(1), None),
            (Unsigned(half), Subtract, Unsigned(most), None),
            (Null, Subtract, Unsigned(1), Some(Null)),
        ];
        let signed = false;
        check(bench, ColumnType::Integer { bits, signed }, &unsigned).await;
    }
}

pub(super) async fn decimals_keep_their_digits(bench: &Bench) {
    let (precision, scale) = (18, 4);
    let money = [
        ("0.1", Add, "0.2", Some("0.3")),
        (
            "99999999999999.9998",
            Add,
            "0.0001",
            Some("99999999999999.9999"),
        ),
        ("99999999999999.9999", Add, "0.0001", None),
        ("-99999999999999.9999", Subtract, "0.0001", None),
        ("0", Subtract, "0.0001", Some("-0.0001")),
        ("-12.5", Add, "12.5", Some("0")),
        // More digits than the column has are rounded, a half away from zero.
        ("1", Add, "0.00005", Some("1.0001")),
        ("1", Add, "0.00004999", Some("1")),
        ("-1", Subtract, "0.00005", Some("-1.0001")),
        ("99999999999999.9999", Add, "0.00005", None),
    ];
    let decimals = money
        .map(|(start, mode, step, sum)| (Decimal(start), mode, Decimal(step), sum.map(Decimal)));
    check(bench, ColumnType::Decimal { precision, scale }, &decimals).await;
    let null = [(Null, Add, Decimal("1"), Some(Null))];
    check(bench, ColumnType::Decimal { precision, scale }, &null).await;
    let (precision, scale) = (65, 30);
    let largest = "99999999999999999999999999999999999.999999999999999999999999999999";
    let least_step = "0.000000000000000000000000000001";
    let before = "99999999999999999999999999999999999.999999999999999999999999999998";
    let widest = [
        (
            Decimal(before),
            Add,
            Decimal(least_step),
            Some(Decimal(largest)),
        ),
        (Decimal(largest), Add, Decimal(least_step), None),
    ];
    check(bench, ColumnType::Decimal { precision, scale }, &widest).await;
}

pub(super) async fn floats_stay_numbers(bench: &Bench) {
    let floats = [
        (Float(0.5), Add, Float(0.25), Some(Float(0.75))),
        // As it is kept, and not as it is counted.
        (Float(0.1), Add, Float(0.2), Some(Float(0.1 + 0.2))),
        (
            Float(16_777_216.0),
            Add,
            Float(1.0),
            Some(Float(16_777_216.0)),
        ),
        (Float(f32::MAX), Add, Float(f32::MAX), None),
        (Float(f32::MIN), Subtract, Float(f32::MAX), None),
        (Null, Add, Float(1.0), Some(Null)),
    ];
    check(bench, ColumnType::Float, &floats).await;
    let doubles = [
        (Double(0.1), Add, Double(0.2), Some(Double(0.1 + 0.2))),
        (Double(f64::MAX), Add, Double(f64::MAX), None),
        (
            Double(f64::MAX),
            Subtract,
            Double(f64::MAX),
            Some(Double(0.0)),
        ),
        (Null, Subtract, Double(1.0), Some(Null)),
    ];
    check(bench, ColumnType::Double, &doubles).await;
}

/// Counts by an UPDATE, and by an INSERT that finds its row there.
async fn check(bench: &Bench, column_type: ColumnType, steps: &[Step<'_>]) {
    let words = column_type.to_string();
    let words: String = words.chars().filter(char::is_ascii_alphanumeric).collect();
    let name = format!("conformance_count_{words}");
    let big = ColumnType::Integer {
        bits: 64,
        signed: true,
    };
    let columns = [("id", big), ("value", column_type), ("label", big)];
    let table = table(name.clone(), &columns);
    let mut session = bench.session().await;
    let definition = format!(
        "CREATE TABLE `{name}` (`id` {big} NOT NULL PRIMARY KEY, `value` {} NULL, `label` {big} NULL){}",
        bench.type_name(&column_type),
        bench.table_options(),
        big = bench.type_name(&big),
    );
    let drop_table = format!("DROP TABLE IF EXISTS `{name}`");
    session.execute(&drop_table, &[]).await.unwrap();
    session.execute(&definition, &[]).await.unwrap();
    let insert = format!("INSERT INTO `{name}` (`id`, `value`, `label`) VALUES (?, ?, 0)");
    for (id, (start, mode, step, sum)) in (0_i64..).step_by(2).zip(steps) {
        let counted = [
            (id, update(table, *mode, [Signed(id), *step, Signed(1)])),
            (
                id + 1,
                insert_or_count(table, *mode, [Signed(id + 1), *step, Signed(1)]),
            ),
        ];
        for (id, batch) in counted {
            let told = format!("{column_type}: {start:?} {mode:?} {step:?}");
            session
                .execute(&insert, &[Signed(id), *start])
                .await
                .unwrap();
            session.begin().await.unwrap();
            let done = run(bench, session.as_mut(), &batch).await;
            match (done, sum) {
                (Ok(_), Some(_)) => session.commit().await.unwrap(),
                (Err(refused), None) => {
                    let error = refused.error;
                    assert_eq!(error.class(), FailureClass::Data, "{told}: {error}");
                    assert!(error.is_out_of_range(), "{told}: {error}");
                    session.rollback().await.unwrap();
                }
                (done, _) => panic!("{told} is {sum:?}, not {done:?}"),
            }
            let expected = (sum.unwrap_or(*start), i64::from(sum.is_some()));
            let sql = format!("SELECT `value`, `label` FROM `{name}` WHERE `id` = ?");
            let key = [Signed(id)];
            let read = rows(session.as_mut(), &sql, &key, |row| {
                assert!(holds(row, expected.0)?, "{told}");
                assert_eq!(row.signed()?, expected.1, "{told}: the other column");
                Ok(())
            });
            assert_eq!(read.await.unwrap().len(), 1, "{told}");
        }
    }
    session.execute(&drop_table, &[]).await.unwrap();
}

/// Counts the value, and sets the label.
fn update(table: &'static TableSchema, mode: AssignMode, values: [ValueRef<'_>; 3]) -> Batch {
    let columns = [(1, mode), (2, AssignMode::Set)];
    batch(table, Operation::Update, &columns, &[values.to_vec()])
}

fn insert_or_count(
    table: &'static TableSchema,
    mode: AssignMode,
    [key, step, label]: [ValueRef<'_>; 3],
) -> Batch {
    let columns = [(0, AssignMode::Set), (2, AssignMode::Set)];
    let inserted = [Signed(-1)];
    let values = [&[key][..], &inserted, &[step, label]].concat();
    let mut batch = Batch::default();
    for value in values {
        ColumnSink::new(&mut batch.data).value(value);
    }
    let mut shape = Shape::new(table, Operation::Insert, columns.to_vec());
    shape.on_duplicate = vec![(1, mode), (2, AssignMode::Set)];
    batch.push(shape, 0).expect("a small batch");
    batch
}

fn holds(row: &mut dyn RowReader, expected: ValueRef<'_>) -> Result<bool, ColumnError> {
    if row.is_null()? {
        row.skip();
        return Ok(expected == Null);
    }
    Ok(match expected {
        Signed(value) => row.signed()? == value,
        Unsigned(value) => row.unsigned()? == value,
        Float(value) => row.float()? == value,
        Double(value) => row.double()? == value,
        Decimal(value) => plain(row.text()?) == value,
        _ => false,
    })
}
