use super::support::{Bench, rows};
use crate::{
    column::ValueRef::{self, Bytes, Null, Signed, Text, Word},
    database::{DatabaseError, Dialect, FailureClass},
};

const INSERT: &str =
    "INSERT INTO `conformance_row` (`id`, `email`, `first`, `last`, `size`) VALUES (?, ?, ?, ?, ?)";

async fn refused(bench: &Bench, sql: &str, binds: &[ValueRef<'_>]) -> DatabaseError {
    let error = match bench.run(sql, binds).await {
        Ok(_) => panic!("{sql} with {binds:?} should be refused"),
        Err(error) => error,
    };
    assert!(
        error.code().is_some() && !error.message().is_empty(),
        "{error}"
    );
    error
}

pub(super) async fn data_is_refused(bench: &Bench) {
    let error = refused(bench, INSERT, &[Signed(1), Null, Null, Null, Null]).await;
    assert_eq!(error.class(), FailureClass::Data, "{error}");
    assert!(!error.is_duplicate_key() && !error.is_foreign_key() && !error.is_row_missing());
    // SQLite has neither lengths nor widths: the library checks them before anything is sent.
    if bench.dialect == Dialect::Sqlite {
        return;
    }
    let long = "x".repeat(101);
    let binds: [&[ValueRef<'_>]; 4] = [
        &[Signed(1), Text(&long), Null, Null, Signed(1)],
        &[Signed(1), Null, Null, Null, Signed(256)],
        &[Signed(1), Null, Null, Null, Signed(-1)],
        &[Signed(1), Null, Null, Null, Text("many")],
    ];
    for binds in binds {
        let error = refused(bench, INSERT, binds).await;
        assert_eq!(error.class(), FailureClass::Data, "{error}");
    }
    let table = "CREATE TABLE `conformance_limit` (`size` enum('a','b') NULL, `json` json NULL, `day` date NULL, \
                 `least` int NULL, CONSTRAINT `conformance_least` CHECK (`least` > 10))";
    bench
        .run(&format!("{table}{}", bench.table_options()), &[])
        .await
        .unwrap();
    for (column, value) in [
        ("size", Word("c")),
        ("json", Text("{")),
        ("day", Text("2026-02-30")),
        ("least", Signed(10)),
        ("least", Bytes(&[0xff])),
    ] {
        let error = refused(
            bench,
            &format!("INSERT INTO `conformance_limit` (`{column}`) VALUES (?)"),
            &[value],
        )
        .await;
        assert_eq!(error.class(), FailureClass::Data, "{error}");
    }
    assert_eq!(
        bench
            .number("SELECT COUNT(*) FROM `conformance_limit`")
            .await,
        0
    );
    assert_eq!(
        bench.number("SELECT COUNT(*) FROM `conformance_row`").await,
        0
    );
}

pub(super) async fn duplicates_name_their_index(bench: &Bench) {
    bench
        .run(
            INSERT,
            &[Signed(1), Text("a.b 'c'"), Text("x"), Text("y"), Signed(1)],
        )
        .await
        .unwrap();
    for (id, email, first, last, index) in [
        (1, "other", "other", "y", "PRIMARY"),
        (2, "a.b 'c'", "other", "y", "email"),
        (2, "other", "x", "y", "name"),
    ] {
        let binds = [Signed(id), Text(email), Text(first), Text(last), Signed(1)];
        let error = refused(bench, INSERT, &binds).await;
        assert!(error.is_duplicate_key(), "{error}");
        assert_eq!(
            (error.index(), error.class()),
            (Some(index), FailureClass::Data),
            "{error}"
        );
    }
    // By an UPDATE, and within a transaction, which goes on.
    let mut session = bench.session().await;
    session.begin().await.unwrap();
    session
        .execute(INSERT, &[Signed(2), Null, Null, Null, Signed(1)])
        .await
        .unwrap();
    let update = "UPDATE `conformance_row` SET `first` = ?, `last` = ? WHERE `id` = ?";
    let error = session
        .execute(update, &[Text("x"), Text("y"), Signed(2)])
        .await
        .unwrap_err();
    assert_eq!(error.index(), Some("name"), "{error}");
    session.commit().await.unwrap();
    // NULLs are no duplicates of each other.
    session
        .execute(INSERT, &[Signed(3), Null, Null, Null, Signed(1)])
        .await
        .unwrap();
    assert_eq!(
        session
            .execute("DELETE FROM `conformance_row`", &[])
            .await
            .unwrap()
            .rows,
        3
    );
}

pub(super) async fn foreign_keys_hold(bench: &Bench) {
    let child = "INSERT INTO `conformance_child` (`id`, `parent_id`) VALUES (?, ?)";
    bench
        .run(
            "INSERT INTO `conformance_parent` (`id`) VALUES (?)",
            &[Signed(1)],
        )
        .await
        .unwrap();
    bench.run(child, &[Signed(1), Signed(1)]).await.unwrap();
    bench.run(child, &[Signed(2), Null]).await.unwrap();
    let orphan = refused(bench, child, &[Signed(3), Signed(2)]).await;
    let parent = refused(
        bench,
        "DELETE FROM `conformance_parent` WHERE `id` = ?",
        &[Signed(1)],
    )
    .await;
    for error in [orphan, parent] {
        assert!(
            error.is_foreign_key() && !error.is_duplicate_key(),
            "{error}"
        );
        assert_eq!(error.class(), FailureClass::Data, "{error}");
        // SQLite does not say which.
        let constraint = (bench.dialect != Dialect::Sqlite).then_some("conformance_child_parent");
        assert_eq!(error.constraint(), constraint, "{error}");
    }
}

pub(super) async fn what_is_missing_is_named(bench: &Bench) {
    for sql in [
        "INSERT INTO `conformance_missing` (`id`) VALUES (?)",
        "INSERT INTO `conformance_row` (`missing`) VALUES (?)",
        "UPDATE `conformance_row` SET `missing` = ?",
        "INSERT INTO `conformance_row` (`id`, `size`) VALUES (?)",
        "SELEC ?",
    ] {
        let error = refused(bench, sql, &[Signed(1)]).await;
        assert_eq!(error.class(), FailureClass::Schema, "{error}");
    }
    let mut session = bench.session().await;
    let error = rows(
        session.as_mut(),
        "SELECT `missing` FROM `conformance_row`",
        &[],
        |_| Ok(()),
    )
    .await
    .unwrap_err();
    assert!(error.to_string().contains("missing"), "{error}");
}

pub(super) async fn whoever_is_in_the_way_is_told(bench: &Bench) {
    // The embedded database serves one session at a time.
    if bench.dialect == Dialect::Sqlite {
        return;
    }
    let row = |id| [Signed(id), Null, Null, Null, Signed(1)];
    for id in [1, 2] {
        bench.run(INSERT, &row(id)).await.unwrap();
    }
    let update = "UPDATE `conformance_row` SET `size` = `size` + ? WHERE `id` = ?";
    let (mut one, mut other) = (bench.consumer().await, bench.consumer().await);
    one.begin().await.unwrap();
    other.begin().await.unwrap();
    other
        .execute("SET SESSION innodb_lock_wait_timeout = 1", &[])
        .await
        .unwrap();
    one.execute(update, &[Signed(1), Signed(1)]).await.unwrap();
    let error = other
        .execute(update, &[Signed(1), Signed(1)])
        .await
        .unwrap_err();
    assert_eq!(
        (error.class(), error.code()),
        (FailureClass::Contention, Some(1205)),
        "{error}"
    );
    // Each has what the other wants.
    other
        .execute("SET SESSION innodb_lock_wait_timeout = 20", &[])
        .await
        .unwrap();
    one.execute("SET SESSION innodb_lock_wait_timeout = 20", &[])
        .await
        .unwrap();
    other
        .execute(update, &[Signed(1), Signed(2)])
        .await
        .unwrap();
    // The victim's locks are what the survivor waits for: it is rolled back at once.
    let victim = |result: Result<_, DatabaseError>| result.err();
    let (first, second) = tokio::join!(
        async { victim(one.execute(update, &[Signed(1), Signed(2)]).await) },
        async { victim(other.execute(update, &[Signed(1), Signed(1)]).await) },
    );
    let error = match (first, second) {
        (Some(error), None) | (None, Some(error)) => error,
        both => panic!("one of two in a deadlock fails: {both:?}"),
    };
    assert_eq!(
        (error.class(), error.code()),
        (FailureClass::Contention, Some(1213)),
        "{error}"
    );
    one.rollback().await.unwrap();
    other.rollback().await.unwrap();
    // With a transaction open they are not given to others, who would have their settings.
    one.begin().await.unwrap();
    other.begin().await.unwrap();
    drop((one, other));
    bench
        .run("DELETE FROM `conformance_row`", &[])
        .await
        .unwrap();
}
