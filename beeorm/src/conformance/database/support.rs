use std::{sync::Arc, time::Duration};

use crate::{
    column::{ColumnError, ColumnType, RowReader, ValueRef},
    database::{
        Database, DatabaseError, Dialect, Done, OpenOptions, Purpose, SelectError, Session, open,
        own_tables,
    },
};

/// The database under test.
pub(super) struct Bench {
    pub(super) database: Arc<dyn Database>,
    pub(super) dialect: Dialect,
}

/// Dropped in this order, children first.
const TABLES: [&str; 6] = [
    "conformance_child",
    "conformance_parent",
    "conformance_row",
    "conformance_counter",
    "conformance_auto",
    "conformance_limit",
];

pub(super) fn options(url: &str) -> OpenOptions {
    OpenOptions {
        url: url.to_owned(),
        max_connections: 4,
        connect_timeout: Duration::from_secs(10),
        encoding: None,
        collate: None,
        runtime: crate::runtime::Runtime::system(),
    }
}

impl Bench {
    pub(super) async fn open(url: &str) -> Self {
        let database = open(&options(url)).await.expect("the database opens");
        let dialect = database.dialect();
        assert!(!database.version().is_empty());
        assert!(
            database.max_statement_bytes() >= 1 << 20,
            "{}",
            database.max_statement_bytes()
        );
        let bench = Self { database, dialect };
        bench.drop_tables().await;
        bench.define().await;
        bench
    }

    pub(super) async fn close(self) {
        self.drop_tables().await;
        self.database.close().await;
        let session = self.database.session(Purpose::Caller).await;
        let gone = match session {
            Ok(mut session) => session.execute("SELECT 1", &[]).await.is_err(),
            Err(_) => true,
        };
        assert!(gone, "a closed database runs nothing");
    }

    pub(super) async fn session(&self) -> Box<dyn Session> {
        self.database
            .session(Purpose::Caller)
            .await
            .expect("a session")
    }

    pub(super) async fn consumer(&self) -> Box<dyn Session> {
        self.database
            .session(Purpose::Consumer)
            .await
            .expect("a session for a consumer")
    }

    pub(super) fn type_name(&self, column_type: &ColumnType) -> String {
        match self.dialect {
            #[cfg(feature = "embedded")]
            Dialect::Sqlite => crate::database::sqlite_type(column_type).to_owned(),
            _ => column_type.to_string(),
        }
    }

    /// Runs a statement in a session of its own.
    pub(super) async fn run(
        &self,
        sql: &str,
        binds: &[ValueRef<'_>],
    ) -> Result<Done, DatabaseError> {
        self.session().await.execute(sql, binds).await
    }

    /// Asks in a session of its own for one signed number.
    pub(super) async fn number(&self, sql: &str) -> i64 {
        number(self.session().await.as_mut(), sql, &[]).await
    }

    async fn drop_tables(&self) {
        let own = own_tables(self.dialect).map(|(table, _)| table);
        for table in TABLES.into_iter().chain(own) {
            self.run(&format!("DROP TABLE IF EXISTS `{table}`"), &[])
                .await
                .expect("a table is dropped");
        }
    }

    async fn define(&self) {
        let integer = |bits, signed| self.type_name(&ColumnType::Integer { bits, signed });
        let (id, text) = (
            integer(64, true),
            self.type_name(&ColumnType::Text { length: Some(100) }),
        );
        let auto = match self.dialect {
            Dialect::Sqlite => "INTEGER PRIMARY KEY AUTOINCREMENT",
            _ => "bigint unsigned NOT NULL PRIMARY KEY AUTO_INCREMENT",
        };
        let definitions = [
            format!(
                "CREATE TABLE `conformance_row` (`id` {id} NOT NULL PRIMARY KEY, `email` {text} NULL, \
                 `first` {text} NULL, `last` {text} NULL, `size` {} NOT NULL)",
                integer(8, false)
            ),
            format!("CREATE TABLE `conformance_auto` (`id` {auto}, `name` {text} NOT NULL)"),
            format!("CREATE TABLE `conformance_parent` (`id` {id} NOT NULL PRIMARY KEY)"),
            format!(
                "CREATE TABLE `conformance_child` (`id` {id} NOT NULL PRIMARY KEY, `parent_id` {id} NULL, \
                 CONSTRAINT `conformance_child_parent` FOREIGN KEY (`parent_id`) REFERENCES `conformance_parent` (`id`))"
            ),
            format!(
                "CREATE TABLE `conformance_counter` (`id` {id} NOT NULL PRIMARY KEY, `signed` {id} NULL, \
                 `unsigned` {} NULL, `double` {} NULL, `decimal` {} NULL)",
                integer(64, false),
                self.type_name(&ColumnType::Double),
                self.type_name(&ColumnType::Decimal {
                    precision: 40,
                    scale: 10
                }),
            ),
        ];
        for (_, definition) in own_tables(self.dialect) {
            self.run(&definition, &[]).await.expect("a table is made");
        }
        for definition in definitions {
            let definition = definition + self.table_options();
            self.run(&definition, &[]).await.expect("a table is made");
        }
        for index in [
            self.unique_index("email", "`email`"),
            self.unique_index("name", "`first`, `last`"),
        ] {
            self.run(&index, &[]).await.expect("an index is made");
        }
    }

    /// The server's own default may be any character set.
    pub(super) fn table_options(&self) -> &'static str {
        match self.dialect {
            Dialect::Sqlite => "",
            _ => " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4",
        }
    }

    fn unique_index(&self, name: &str, columns: &str) -> String {
        let name = match self.dialect {
            #[cfg(feature = "embedded")]
            Dialect::Sqlite => crate::database::sqlite_index("conformance_row", name),
            _ => name.to_owned(),
        };
        format!("CREATE UNIQUE INDEX `{name}` ON `conformance_row` ({columns})")
    }
}

/// What `read` makes of each row.
pub(super) async fn rows<T: Send>(
    session: &mut dyn Session,
    sql: &str,
    binds: &[ValueRef<'_>],
    mut read: impl FnMut(&mut dyn RowReader) -> Result<T, ColumnError> + Send,
) -> Result<Vec<T>, SelectError> {
    let mut rows = Vec::new();
    let mut each = |reader: &mut dyn RowReader| {
        rows.push(read(reader)?);
        Ok(())
    };
    session.select(sql, binds, &mut each).await?;
    Ok(rows)
}

/// The first row's first column.
pub(super) async fn number(session: &mut dyn Session, sql: &str, binds: &[ValueRef<'_>]) -> i64 {
    let numbers = rows(session, sql, binds, |reader| reader.signed()).await;
    *numbers.expect("a query").first().expect("a row")
}
