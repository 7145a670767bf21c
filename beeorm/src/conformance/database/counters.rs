use super::{
    round_trip::plain,
    support::{Bench, rows},
    together::{batch, counters, run},
};
use crate::{
    column::ValueRef::{Decimal, Double, Null, Signed, Unsigned},
    entity::AssignMode::{Add, Subtract},
    statement::Operation,
};

const INSERT: &str = "INSERT INTO `conformance_counter` (`id`, `signed`, `unsigned`, `double`, `decimal`) VALUES (?, ?, ?, ?, ?)";

pub(super) async fn counters_are_exact(bench: &Bench) {
    let large = i64::MAX.cast_unsigned() - 10;
    let start = [
        Signed(1),
        Signed(i64::MIN),
        Unsigned(large),
        Double(0.5),
        Decimal("123456789012345678901234567890"),
    ];
    bench.run(INSERT, &start).await.unwrap();
    let mut session = bench.session().await;
    for (column, mode, step) in [
        (1, Subtract, Signed(-7)),
        (2, Add, Unsigned(17)),
        (2, Subtract, Unsigned(4)),
        (3, Add, Double(0.25)),
        (4, Add, Decimal("0.0000000001")),
    ] {
        let rows = [vec![Signed(1), step]];
        let counted = batch(counters(), Operation::Update, &[(column, mode)], &rows);
        let counted = run(bench, session.as_mut(), &counted).await;
        assert_eq!(counted.unwrap(), 1, "{column}");
    }
    let sql = "SELECT `signed`, `unsigned`, `double`, `decimal` FROM `conformance_counter`";
    let read = rows(session.as_mut(), sql, &[], |row| {
        assert_eq!(row.signed()?, i64::MIN + 7);
        assert_eq!(row.unsigned()?, large + 13);
        assert_eq!(row.double()?, 0.75);
        assert_eq!(
            plain(row.text()?),
            "123456789012345678901234567890.0000000001"
        );
        Ok(())
    });
    assert_eq!(read.await.unwrap().len(), 1);
    session
        .execute("DELETE FROM `conformance_counter`", &[])
        .await
        .unwrap();
}

pub(super) async fn unsigned_numbers_keep_their_order(bench: &Bench) {
    let half = 1_u64 << 63;
    let numbers = [
        0,
        9,
        10,
        half - 1,
        half,
        half + 9,
        half + 10,
        10_000_000_000_000_000_000,
        u64::MAX - 1,
        u64::MAX,
    ];
    let mut session = bench.session().await;
    for (id, number) in (1_i64..).zip(numbers.into_iter().rev()) {
        session
            .execute(INSERT, &[Signed(id), Null, Unsigned(number), Null, Null])
            .await
            .unwrap();
    }
    let sql = "SELECT `unsigned` FROM `conformance_counter` ORDER BY `unsigned`";
    let read = rows(session.as_mut(), sql, &[], |row| row.unsigned())
        .await
        .unwrap();
    assert_eq!(read, numbers);
    for (at, number) in numbers.into_iter().enumerate() {
        let sql = "SELECT `unsigned` FROM `conformance_counter` WHERE `unsigned` >= ?";
        let read = rows(session.as_mut(), sql, &[Unsigned(number)], |row| {
            row.unsigned()
        })
        .await
        .unwrap();
        assert_eq!(read.len(), numbers.len() - at, "from {number} on");
    }
    session
        .execute("DELETE FROM `conformance_counter`", &[])
        .await
        .unwrap();
}
