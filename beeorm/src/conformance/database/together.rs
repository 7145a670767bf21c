//! Rows that are written together, in one statement, end up as if each had been written by itself.

use futures_util::future::BoxFuture;

use super::support::{Bench, number, rows};
use crate::{
    column::{
        ColumnSink, ColumnType,
        ValueRef::{self, Decimal, Double, Null, Signed, Text, Unsigned},
    },
    database::{
        DatabaseError, DeadInserts, Dialect, Done, EachRow, FailureClass, Keys, Limits,
        SelectError, Session, StatementFailure, apply,
    },
    entity::{AssignMode, ColumnSchema, KeySource, TableSchema},
    statement::{Batch, Operation, Shape, merged},
};

/// Counts the statements.
pub(super) struct Counted<'s> {
    session: &'s mut dyn Session,
    pub(super) statements: usize,
}

impl<'s> Counted<'s> {
    pub(super) fn new(session: &'s mut dyn Session) -> Self {
        Self {
            session,
            statements: 0,
        }
    }
}

impl Session for Counted<'_> {
    fn execute<'s>(
        &'s mut self,
        sql: &'s str,
        binds: &'s [ValueRef<'s>],
    ) -> BoxFuture<'s, Result<Done, DatabaseError>> {
        self.statements += 1;
        self.session.execute(sql, binds)
    }

    fn select<'s>(
        &'s mut self,
        sql: &'s str,
        binds: &'s [ValueRef<'s>],
        each: EachRow<'s>,
    ) -> BoxFuture<'s, Result<(), SelectError>> {
        self.session.select(sql, binds, each)
    }

    fn begin(&mut self) -> BoxFuture<'_, Result<(), DatabaseError>> {
        self.session.begin()
    }

    fn commit(&mut self) -> BoxFuture<'_, Result<(), DatabaseError>> {
        self.session.commit()
    }

    fn rollback(&mut self) -> BoxFuture<'_, Result<(), DatabaseError>> {
        self.session.rollback()
    }
}

/// A table as the derive would describe it, its key first; kept as long as the program runs, as those are.
pub(super) fn table(name: String, columns: &[(&str, ColumnType)]) -> &'static TableSchema {
    let columns = columns.iter().map(|(name, column_type)| ColumnSchema {
        name: (*name).to_owned(),
        column_type: *column_type,
        nullable: true,
        default: None,
        refers_to: None,
    });
    Box::leak(Box::new(TableSchema {
        entity: "Conformance",
        table: name.leak(),
        pool: "default",
        columns: columns.collect(),
        key: 0,
        key_source: KeySource::User,
        indexes: Vec::new(),
    }))
}

/// Statements of one shape; of each its values, for an UPDATE or DELETE the key first.
pub(super) fn batch(
    table: &'static TableSchema,
    operation: Operation,
    columns: &[(usize, AssignMode)],
    statements: &[Vec<ValueRef<'_>>],
) -> Batch {
    let mut batch = Batch::default();
    for values in statements {
        let start = batch.data.len();
        for value in values {
            ColumnSink::new(&mut batch.data).value(*value);
        }
        let shape = Shape::new(table, operation, columns.to_vec());
        batch.push(shape, start).expect("a small batch");
    }
    batch
}

/// Applies the batch as the consumer does; tells how many statements it took.
pub(super) async fn run(
    bench: &Bench,
    session: &mut dyn Session,
    batch: &Batch,
) -> Result<usize, StatementFailure> {
    let mut counted = Counted::new(session);
    let limits = Limits {
        dialect: bench.dialect,
        statement_bytes: bench.database.max_statement_bytes(),
    };
    let runs = merged(&[batch], &crate::statement::Family::default());
    let dead_inserts = DeadInserts::Ignored;
    apply(
        &mut counted,
        limits,
        &[batch],
        &runs,
        Keys::Unwanted,
        dead_inserts,
    )
    .await?;
    Ok(counted.statements)
}

const COUNTERS: [&str; 4] = ["signed", "unsigned", "double", "decimal"];

pub(super) fn counters() -> &'static TableSchema {
    let int = |signed| ColumnType::Integer { bits: 64, signed };
    table(
        "conformance_counter".to_owned(),
        &[
            ("id", int(true)),
            (COUNTERS[0], int(true)),
            (COUNTERS[1], int(false)),
            (COUNTERS[2], ColumnType::Double),
            (
                COUNTERS[3],
                ColumnType::Decimal {
                    precision: 40,
                    scale: 10,
                },
            ),
        ],
    )
}

const INSERT: &str = "INSERT INTO `conformance_counter` (`id`, `signed`, `unsigned`, `double`, `decimal`) VALUES (?, ?, ?, ?, ?)";

pub(super) async fn counters_are_exact(bench: &Bench) {
    let counters = counters();
    let mut session = bench.session().await;
    let large = u64::MAX - 100;
    let start = [
        Signed(i64::MIN + 50),
        Unsigned(large),
        Double(0.1),
        Decimal("123456789012345678901234567890.5"),
    ];
    let steps = |id: i64| {
        let small = u64::try_from(id).expect("a small number");
        [Signed(-id), Unsigned(small), Double(0.2), Null]
    };
    // The second half counts row by row what the first counts together.
    for id in 1..=26 {
        let binds = [&[Signed(id)], &start[..]].concat();
        session.execute(INSERT, &binds).await.unwrap();
    }
    for mode in [AssignMode::Add, AssignMode::Subtract] {
        for (position, column) in COUNTERS.iter().enumerate() {
            let step = |id: i64| match steps(id)[position] {
                Null if id == 3 => Null,
                Null => Decimal("0.0000000001"),
                step => step,
            };
            let columns = [(position + 1, mode)];
            let together: Vec<_> = (1..=13).map(|id| vec![Signed(id), step(id)]).collect();
            let together = batch(counters, Operation::Update, &columns, &together);
            let statements = run(bench, session.as_mut(), &together).await.unwrap();
            let expected = if bench.dialect == Dialect::Sqlite {
                13
            } else {
                3
            };
            assert_eq!(statements, expected, "{column}: 8, 4 and 1 rows");
            for id in 14..=26 {
                let alone = [vec![Signed(id), step(id - 13)]];
                let alone = batch(counters, Operation::Update, &columns, &alone);
                run(bench, session.as_mut(), &alone).await.unwrap();
            }
        }
    }
    let differ = "SELECT COUNT(*) FROM `conformance_counter` AS `a` JOIN `conformance_counter` AS `b` ON `b`.`id` = `a`.`id` + 13 \
        WHERE (`a`.`signed` = `b`.`signed` AND `a`.`unsigned` = `b`.`unsigned` AND `a`.`double` = `b`.`double` \
        AND (`a`.`decimal` = `b`.`decimal` OR (`a`.`decimal` IS NULL AND `b`.`decimal` IS NULL)))";
    assert_eq!(number(session.as_mut(), differ, &[]).await, 13);
    session
        .execute("DELETE FROM `conformance_counter`", &[])
        .await
        .unwrap();
}

/// A batch in which the third of four rows has the value, and the others one that passes.
fn with_a_bad_one(column: usize, good: ValueRef<'_>, bad: ValueRef<'_>, mode: AssignMode) -> Batch {
    let statements: Vec<_> = (1..=4)
        .map(|id| vec![Signed(id), if id == 3 { bad } else { good }])
        .collect();
    batch(
        counters(),
        Operation::Update,
        &[(column, mode)],
        &statements,
    )
}

pub(super) async fn what_one_row_refuses_is_refused(bench: &Bench) {
    let mut session = bench.session().await;
    for id in 1..=4 {
        let binds = [
            Signed(id),
            Signed(0),
            Unsigned(0),
            Double(0.0),
            Decimal("0"),
        ];
        session.execute(INSERT, &binds).await.unwrap();
    }
    let huge = "9999999999999999999999999999999";
    for (column, good, bad, mode) in [
        (1, Signed(0), Signed(i64::MAX), AssignMode::Add),
        (2, Unsigned(0), Unsigned(1), AssignMode::Subtract),
        (3, Double(0.0), Double(f64::MAX), AssignMode::Add),
        (4, Decimal("0"), Decimal(huge), AssignMode::Set),
        // None of the column's own kind: by itself it is refused as well.
        (1, Signed(0), Text("bee"), AssignMode::Set),
        (2, Unsigned(0), Signed(-1), AssignMode::Set),
    ] {
        // The end of the range, from where the third row's step leads out of it.
        let edge = "UPDATE `conformance_counter` SET `signed` = 9223372036854775807, `unsigned` = 0, `double` = 1.7976931348623157e308";
        session.execute(edge, &[]).await.unwrap();
        // SQLite keeps a text in a column of numbers, and has it refused by nobody.
        if bench.dialect == Dialect::Sqlite && matches!(bad, Text(_)) {
            continue;
        }
        let together = with_a_bad_one(column, good, bad, mode);
        let failure = run(bench, session.as_mut(), &together).await.unwrap_err();
        let alone = [vec![Signed(3), bad]];
        let alone = batch(counters(), Operation::Update, &[(column, mode)], &alone);
        let error = run(bench, session.as_mut(), &alone)
            .await
            .unwrap_err()
            .error;
        assert_eq!(error.class(), FailureClass::Data, "{error}");
        assert!(error.is_out_of_range() || matches!(bad, Text(_)), "{error}");
        let same = (failure.error.class(), failure.error.code());
        assert_eq!(same, (error.class(), error.code()), "{}", failure.error);
    }
    // Found, also where nothing changes; and missed where it is not there.
    let same = with_a_bad_one(2, Unsigned(0), Unsigned(0), AssignMode::Set);
    let statements = run(bench, session.as_mut(), &same).await.unwrap();
    let one_by_one = bench.dialect == Dialect::Sqlite;
    assert_eq!(statements, if one_by_one { 4 } else { 1 });
    session
        .execute("DELETE FROM `conformance_counter` WHERE `id` = 2", &[])
        .await
        .unwrap();
    let failure = run(bench, session.as_mut(), &same).await.unwrap_err();
    assert!(failure.error.is_row_missing(), "{}", failure.error);
    session
        .execute("DELETE FROM `conformance_counter`", &[])
        .await
        .unwrap();
}

/// Of a table so small that a server would rather look at all of it.
pub(super) async fn only_these_rows_are_locked(bench: &Bench) {
    if bench.dialect == Dialect::Sqlite {
        return;
    }
    let (mut other, mut session) = (bench.consumer().await, bench.consumer().await);
    for id in 1..=9 {
        let binds = [
            Signed(id),
            Signed(0),
            Unsigned(0),
            Double(0.0),
            Decimal("0"),
        ];
        session.execute(INSERT, &binds).await.unwrap();
    }
    other.begin().await.unwrap();
    let update = "UPDATE `conformance_counter` SET `signed` = 1 WHERE `id` = 5";
    other.execute(update, &[]).await.unwrap();
    session.begin().await.unwrap();
    let others = [1, 2, 3, 4, 6, 7, 8, 9].map(|id| vec![Signed(id), Signed(id)]);
    let columns = [(1, AssignMode::Set)];
    let updates = batch(counters(), Operation::Update, &columns, &others);
    assert_eq!(run(bench, session.as_mut(), &updates).await.unwrap(), 1);
    let others = others.map(|mut values| {
        values.truncate(1);
        values
    });
    let deletes = batch(counters(), Operation::Delete, &[], &others);
    assert_eq!(run(bench, session.as_mut(), &deletes).await.unwrap(), 1);
    session.commit().await.unwrap();
    other.rollback().await.unwrap();
    let left = "SELECT `id` FROM `conformance_counter`";
    let left = rows(session.as_mut(), left, &[], |row| row.signed()).await;
    assert_eq!(left.unwrap(), [5]);
    session
        .execute("DELETE FROM `conformance_counter`", &[])
        .await
        .unwrap();
}
