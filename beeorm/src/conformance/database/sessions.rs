use std::{future::poll_fn, pin::pin, task::Poll, time::Duration};

use tokio::time::sleep;

use super::support::{Bench, number, options, rows};
use crate::{
    column::ValueRef::{Null, Signed},
    database::{Dialect, FailureClass, Purpose, open},
};

const INSERT: &str =
    "INSERT INTO `conformance_row` (`id`, `email`, `first`, `last`, `size`) VALUES (?, ?, ?, ?, ?)";
const COUNT: &str = "SELECT COUNT(*) FROM `conformance_row`";

pub(super) async fn consumers_have_their_own_settings(bench: &Bench) {
    let isolation = match bench.dialect {
        Dialect::MySql => "@@transaction_isolation",
        Dialect::MariaDb => "@@tx_isolation",
        Dialect::Sqlite => return,
    };
    let sql =
        format!("SELECT CAST({isolation} AS CHAR), @@innodb_lock_wait_timeout, @@wait_timeout");
    let mut session = bench.consumer().await;
    let read = rows(session.as_mut(), &sql, &[], |row| {
        assert_eq!(row.text()?, "READ-COMMITTED");
        assert!(row.signed()? <= 5 && row.signed()? <= 15, "short waits");
        Ok(())
    });
    assert_eq!(read.await.unwrap().len(), 1);
    let zone = "SELECT CAST(@@time_zone AS CHAR), CAST(@@sql_mode AS CHAR)";
    for purpose in [Purpose::Caller, Purpose::Consumer] {
        let mut session = bench.database.session(purpose).await.unwrap();
        let read = rows(session.as_mut(), zone, &[], |row| {
            assert_eq!(row.text()?, "+00:00");
            assert!(row.text()?.contains("STRICT_TRANS_TABLES"));
            Ok(())
        });
        assert_eq!(read.await.unwrap().len(), 1);
    }
}

pub(super) async fn dropped_sessions_leave_nothing(bench: &Bench) {
    for purpose in [Purpose::Caller, Purpose::Consumer] {
        for _ in 0..10 {
            let mut session = bench.database.session(purpose).await.unwrap();
            session.begin().await.unwrap();
            session
                .execute(INSERT, &[Signed(1), Null, Null, Null, Signed(1)])
                .await
                .unwrap();
            drop(session);
            assert_eq!(bench.number(COUNT).await, 0);
        }
        // Nor a lock.
        bench
            .run(INSERT, &[Signed(1), Null, Null, Null, Signed(1)])
            .await
            .unwrap();
        bench
            .run("DELETE FROM `conformance_row`", &[])
            .await
            .unwrap();
    }
}

pub(super) async fn dropped_futures_leave_a_pool_that_works(bench: &Bench) {
    let slow = match bench.dialect {
        Dialect::Sqlite => {
            "WITH RECURSIVE `count` (`n`) AS (SELECT 1 UNION ALL SELECT `n` + 1 FROM `count` WHERE `n` < 50000) \
             SELECT COUNT(*) + ? FROM `count`"
        }
        _ => "SELECT SLEEP(0.02) + ?",
    };
    for round in 1..=20 {
        let mut session = bench.session().await;
        // A text of its own, so that each is prepared.
        let sql = format!("{slow} /* {round} */");
        let query = rows(session.as_mut(), &sql, &[Signed(0)], |row| {
            row.skip();
            Ok(())
        });
        abandon(round, query).await;
        drop(session);
        let mut session = bench.session().await;
        assert_eq!(
            number(session.as_mut(), "SELECT ? + 0", &[Signed(7)]).await,
            7,
            "round {round}"
        );
        drop(session);

        // In a transaction, before and while it is committed.
        let mut session = bench.consumer().await;
        let transaction = async {
            session.begin().await?;
            session
                .execute(INSERT, &[Signed(1), Null, Null, Null, Signed(1)])
                .await?;
            session
                .execute(INSERT, &[Signed(2), Null, Null, Null, Signed(1)])
                .await?;
            session.commit().await
        };
        if let Some(ended) = abandon(round, transaction).await {
            ended.expect("a transaction that nothing is in the way of");
        }
        drop(session);
        // The server may not have noticed yet that nobody is there any more: this waits for its locks.
        bench
            .run("UPDATE `conformance_row` SET `size` = 2", &[])
            .await
            .unwrap();
        let count = bench.number(COUNT).await;
        assert!(count == 0 || count == 2, "round {round}: {count} of 2 rows");
        bench
            .run("DELETE FROM `conformance_row`", &[])
            .await
            .unwrap();
    }
}

/// Polls the future so many times, from just after its first packet is sent, and drops it.
async fn abandon<F: Future>(polls: usize, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    for _ in 0..polls {
        if let Poll::Ready(output) = poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await {
            return Some(output);
        }
        sleep(Duration::from_micros(200)).await;
    }
    None
}

pub(super) async fn a_closed_connection_is_no_callers_error(bench: &Bench) {
    if bench.dialect == Dialect::Sqlite {
        return;
    }
    let mut session = bench.session().await;
    let id = number(
        session.as_mut(),
        "SELECT CAST(CONNECTION_ID() AS SIGNED)",
        &[],
    )
    .await;
    drop(session);
    bench
        .consumer()
        .await
        .execute(&format!("KILL {id}"), &[])
        .await
        .unwrap();
    sleep(Duration::from_millis(300)).await;
    assert_eq!(bench.number("SELECT 1").await, 1);
    // One that is in use says so, and is replaced.
    let mut session = bench.session().await;
    let id = number(
        session.as_mut(),
        "SELECT CAST(CONNECTION_ID() AS SIGNED)",
        &[],
    )
    .await;
    session.begin().await.unwrap();
    bench
        .consumer()
        .await
        .execute(&format!("KILL {id}"), &[])
        .await
        .unwrap();
    let error = session
        .execute(INSERT, &[Signed(1), Null, Null, Null, Signed(1)])
        .await
        .unwrap_err();
    assert_eq!(error.class(), FailureClass::Infrastructure, "{error}");
    let error = session.commit().await.unwrap_err();
    assert_eq!(error.class(), FailureClass::Infrastructure, "{error}");
    session.rollback().await.unwrap();
    drop(session);
    assert_eq!(bench.number(COUNT).await, 0);
}

pub(super) async fn whoever_waits_gets_a_session(url: &str) {
    let mut options = options(url);
    options.max_connections = 1;
    options.connect_timeout = Duration::from_millis(300);
    let database = open(&options).await.unwrap();
    let session = database.session(Purpose::Caller).await.unwrap();
    let error = database
        .session(Purpose::Caller)
        .await
        .err()
        .expect("the only connection is in use");
    assert!(
        matches!(
            error.class(),
            FailureClass::Infrastructure | FailureClass::Contention
        ),
        "{error}"
    );
    let (waiting, ()) = tokio::join!(database.session(Purpose::Caller), async {
        sleep(Duration::from_millis(50)).await;
        drop(session);
    });
    drop(waiting.expect("the connection became free"));
    database.close().await;
}

pub(super) async fn what_cannot_be_opened_says_why(url: &str, bench: &Bench) {
    let refused = async |url: &str| {
        open(&options(url))
            .await
            .expect_err("it cannot be opened")
            .message()
            .to_owned()
    };
    assert!(
        refused("postgres://localhost/app")
            .await
            .contains("mysql://")
    );
    assert!(refused("localhost:3306").await.contains("mysql://"));
    if bench.dialect == Dialect::Sqlite {
        assert!(
            refused("sqlite:///no/such/folder/app.db")
                .await
                .contains("/no/such/folder/app.db")
        );
        return;
    }
    let unreachable = refused("mysql://root:honey@127.0.0.1:1/app").await;
    assert!(
        unreachable.contains("127.0.0.1:1") && !unreachable.contains("honey"),
        "{unreachable}"
    );
    let (server, _) = url.rsplit_once('/').unwrap();
    assert!(refused(server).await.contains("names no database"));
    let missing = refused(&format!("{server}/conformance_missing")).await;
    assert!(
        missing.contains("no database \"conformance_missing\""),
        "{missing}"
    );
    let (_, address) = server.rsplit_once('@').unwrap();
    let stranger = refused(&format!("mysql://nobody_at_all:honey@{address}/app")).await;
    assert!(
        stranger.contains("nobody_at_all") && !stranger.contains("honey"),
        "{stranger}"
    );
}
