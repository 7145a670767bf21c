//! A database of a test's own.

use sqlx::{AssertSqlSafe, Connection, MySqlConnection};

use super::{servers, unique};

/// An empty MySQL or MariaDB database, dropped with this value.
#[derive(Debug)]
pub(crate) struct TestDatabase {
    name: String,
    url: String,
}

/// Makes a database for one test.
pub(crate) async fn mysql_database() -> TestDatabase {
    let name = unique("test");
    execute(&format!("CREATE DATABASE `{name}`"))
        .await
        .expect("the server makes a database");
    let server = servers().mysql.as_str();
    let (address, options) = server.split_once('?').unwrap_or((server, ""));
    // A given URL may name a database, which is not this one, and options, which are kept.
    let end = address.find("://").map_or(0, |at| at + 3);
    let host = address[end..]
        .find('/')
        .map_or(address, |at| &address[..end + at]);
    let options = if options.is_empty() {
        String::new()
    } else {
        format!("?{options}")
    };
    TestDatabase {
        url: format!("{host}/{name}{options}"),
        name,
    }
}

impl TestDatabase {
    /// Its URL, `mysql://…/name`.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Its name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// A new connection to it, for looking at what is really there.
    pub(crate) async fn connect(&self) -> MySqlConnection {
        MySqlConnection::connect(&self.url)
            .await
            .expect("the test's database takes connections")
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let sql = format!("DROP DATABASE IF EXISTS `{}`", self.name);
        // The test's own runtime cannot wait here; a thread with a runtime of its own can.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            runtime.map(|runtime| runtime.block_on(execute(&sql)))
        });
        // A database left behind is no reason to fail a test.
        let _ = dropped.join();
    }
}

async fn execute(sql: &str) -> Result<(), sqlx::Error> {
    let mut connection = MySqlConnection::connect(&servers().mysql).await?;
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(&mut connection)
        .await?;
    connection.close().await
}
