//! Looking at what is really there, past the code under test.

use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, Connection, MySqlConnection};

use super::{Backend, servers};

/// A connection to the test's database.
#[derive(Debug)]
pub(crate) struct Sql(MySqlConnection);

impl Sql {
    pub(crate) async fn connect(backend: &Backend) -> Self {
        Self::at(&backend.database).await
    }

    pub(crate) async fn at(url: &str) -> Self {
        Self(
            MySqlConnection::connect(url)
                .await
                .expect("the test's database takes connections"),
        )
    }

    pub(crate) async fn run(&mut self, sql: &str) {
        let done = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
            .execute(&mut self.0)
            .await;
        done.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    /// The one number that the query gives; write it as `CAST(… AS SIGNED)` where it is none of the signed ones.
    pub(crate) async fn number(&mut self, sql: &str) -> i64 {
        let number = sqlx::query_scalar(AssertSqlSafe(sql.to_owned()))
            .fetch_one(&mut self.0)
            .await;
        number.unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// The numbers of all rows.
    pub(crate) async fn numbers(&mut self, sql: &str) -> Vec<i64> {
        let numbers = sqlx::query_scalar(AssertSqlSafe(sql.to_owned()))
            .fetch_all(&mut self.0)
            .await;
        numbers.unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// For how many seconds each statement of other connections to the test's database has run.
    ///
    /// MySQL's `processlist` shows no statement with bytes in it that are no text; MariaDB's does, and it has nothing
    /// else.
    pub(crate) async fn statements_of_others(&mut self) -> Vec<i64> {
        let sql = if servers().mysql_version.contains("MariaDB") {
            "SELECT CAST(`time` AS SIGNED) FROM `information_schema`.`processlist` \
             WHERE `db` = DATABASE() AND `id` <> CONNECTION_ID() AND `command` <> 'Sleep'"
        } else {
            "SELECT CAST(`processlist_time` AS SIGNED) FROM `performance_schema`.`threads` \
             WHERE `processlist_db` = DATABASE() AND `processlist_id` <> CONNECTION_ID() \
             AND `processlist_command` <> 'Sleep'"
        };
        self.numbers(sql).await
    }

    /// How many rows the table has.
    pub(crate) async fn count(&mut self, table: &str) -> i64 {
        self.number(&format!("SELECT COUNT(*) FROM `{table}`"))
            .await
    }

    /// How many frames have got their verdict.
    pub(crate) async fn done(&mut self) -> i64 {
        self.count("_beeorm_inbox").await
    }

    /// Those of the frames that have got it.
    pub(crate) async fn done_of(&mut self, frames: &[Vec<u8>]) -> usize {
        let list = frames
            .iter()
            .map(|frame| format!("x'{}'", hex(frame)))
            .collect::<Vec<_>>()
            .join(",");
        if list.is_empty() {
            return 0;
        }
        let sql = format!("SELECT COUNT(*) FROM `_beeorm_inbox` WHERE `frame_id` IN ({list})");
        usize::try_from(self.number(&sql).await).unwrap_or_default()
    }

    /// Writes each change of a column down, in order, by a trigger: the database's own record.
    pub(crate) async fn record(&mut self, table: &str, column: &str) {
        self.run("CREATE TABLE `record` (`place` bigint PRIMARY KEY AUTO_INCREMENT, `value` bigint NOT NULL)").await;
        let body = format!("FOR EACH ROW INSERT INTO `record` (`value`) VALUES (NEW.`{column}`)");
        self.run(&format!(
            "CREATE TRIGGER `recorder` AFTER UPDATE ON `{table}` {body}"
        ))
        .await;
    }

    /// What was written down.
    pub(crate) async fn recorded(&mut self) -> Vec<i64> {
        self.numbers("SELECT `value` FROM `record` ORDER BY `place`")
            .await
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Asks until the answer is yes; fails the test when that takes too long.
pub(crate) async fn until(
    what: &str,
    patience: Duration,
    mut ask: impl AsyncFnMut() -> bool,
) -> Duration {
    let start = Instant::now();
    while !ask().await {
        assert!(
            start.elapsed() < patience,
            "not within {patience:?}: {what}"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    start.elapsed()
}
