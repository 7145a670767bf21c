use super::support::{Bench, number, rows};
use crate::column::ValueRef::{Null, Signed, Text};

const INSERT: &str =
    "INSERT INTO `conformance_row` (`id`, `email`, `first`, `last`, `size`) VALUES (?, ?, ?, ?, ?)";
const COUNT: &str = "SELECT COUNT(*) FROM `conformance_row`";

pub(super) async fn rows_are_counted(bench: &Bench) {
    let two = format!("{INSERT}, (?, ?, ?, ?, ?)");
    let binds = [
        Signed(1),
        Null,
        Null,
        Null,
        Signed(5),
        Signed(2),
        Null,
        Null,
        Null,
        Signed(5),
    ];
    assert_eq!(bench.run(&two, &binds).await.unwrap().rows, 2);
    let update = "UPDATE `conformance_row` SET `size` = ? WHERE `id` = ?";
    assert_eq!(
        bench
            .run(update, &[Signed(6), Signed(1)])
            .await
            .unwrap()
            .rows,
        1
    );
    // What is found counts, also where nothing changes in it.
    assert_eq!(
        bench
            .run(update, &[Signed(6), Signed(1)])
            .await
            .unwrap()
            .rows,
        1
    );
    assert_eq!(
        bench
            .run("UPDATE `conformance_row` SET `size` = 6", &[])
            .await
            .unwrap()
            .rows,
        2
    );
    assert_eq!(
        bench
            .run(update, &[Signed(6), Signed(9)])
            .await
            .unwrap()
            .rows,
        0
    );
    let delete = "DELETE FROM `conformance_row` WHERE `id` = ?";
    assert_eq!(bench.run(delete, &[Signed(9)]).await.unwrap().rows, 0);
    assert_eq!(bench.run(delete, &[Signed(1)]).await.unwrap().rows, 1);
    assert_eq!(bench.run(delete, &[Signed(1)]).await.unwrap().rows, 0);
    assert_eq!(
        bench
            .run(
                "DELETE FROM `conformance_row` WHERE `id` IN (?, ?, ?)",
                &[Signed(1), Signed(2), Signed(3)]
            )
            .await
            .unwrap()
            .rows,
        1
    );
}

pub(super) async fn numbers_made_are_told(bench: &Bench) {
    let mut session = bench.session().await;
    let one = "INSERT INTO `conformance_auto` (`name`) VALUES (?)";
    let three = "INSERT INTO `conformance_auto` (`name`) VALUES (?), (?), (?)";
    let first = session.execute(one, &[Text("a")]).await.unwrap();
    assert_eq!((first.rows, first.last_insert_id), (1, 1));
    // Of several rows the first one's, and the others follow it.
    let several = session
        .execute(three, &[Text("b"), Text("c"), Text("d")])
        .await
        .unwrap();
    assert_eq!((several.rows, several.last_insert_id), (3, 2));
    let sql = "SELECT `name` FROM `conformance_auto` ORDER BY `id`";
    let names = rows(session.as_mut(), sql, &[], |row| {
        row.text().map(str::to_owned)
    })
    .await
    .unwrap();
    assert_eq!(names, ["a", "b", "c", "d"]);
    let update = session
        .execute("UPDATE `conformance_auto` SET `name` = ?", &[Text("e")])
        .await
        .unwrap();
    assert_eq!((update.rows, update.last_insert_id), (4, 0));
    // A number is not given twice, also when its row is gone.
    session
        .execute("DELETE FROM `conformance_auto`", &[])
        .await
        .unwrap();
    assert_eq!(
        session
            .execute(one, &[Text("f")])
            .await
            .unwrap()
            .last_insert_id,
        5
    );
}

pub(super) async fn transactions_hold(bench: &Bench) {
    let row = |id| [Signed(id), Null, Null, Null, Signed(0)];
    let mut session = bench.session().await;
    session.begin().await.unwrap();
    session.execute(INSERT, &row(10)).await.unwrap();
    session.rollback().await.unwrap();
    assert_eq!(number(session.as_mut(), COUNT, &[]).await, 0);
    session.begin().await.unwrap();
    session.execute(INSERT, &row(10)).await.unwrap();
    session.execute(INSERT, &row(11)).await.unwrap();
    session.commit().await.unwrap();
    // A refused statement takes nothing else with it.
    session.begin().await.unwrap();
    session.execute(INSERT, &row(12)).await.unwrap();
    assert!(
        session
            .execute(INSERT, &row(10))
            .await
            .unwrap_err()
            .is_duplicate_key()
    );
    session.execute(INSERT, &row(13)).await.unwrap();
    session.commit().await.unwrap();
    drop(session);
    assert_eq!(bench.number(COUNT).await, 4);
    // A statement outside of a transaction is one by itself.
    let two = format!("{INSERT}, (?, ?, ?, ?, ?)");
    let binds = [row(14), row(10)].concat();
    assert!(
        bench
            .run(&two, &binds)
            .await
            .unwrap_err()
            .is_duplicate_key()
    );
    assert_eq!(bench.number(COUNT).await, 4);
    bench
        .run("DELETE FROM `conformance_row`", &[])
        .await
        .unwrap();
}

pub(super) async fn many_shapes_work(bench: &Bench) {
    let mut session = bench.session().await;
    for round in 0..2 {
        for shape in 0..200 {
            let sql = format!("SELECT `id` + {shape} FROM `conformance_auto` WHERE `id` = ?");
            assert_eq!(
                number(session.as_mut(), &sql, &[Signed(5)]).await,
                5 + shape,
                "round {round}"
            );
        }
    }
}
