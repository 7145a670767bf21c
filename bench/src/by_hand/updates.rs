//! One column of many rows, each with a value of its own: the ways there are to say that in one statement, and the
//! one that says it in many.

use std::{collections::HashMap, fmt::Write, sync::Arc};

use sqlx::{AssertSqlSafe, MySqlConnection, query, raw_sql};

use crate::{Fallible, entities::BARE_ACCOUNTS};

/// How it is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// `SET balance = CASE id WHEN ? THEN ? … END WHERE id IN (…)`
    Case,
    /// A join with `SELECT ?, ? UNION ALL …`
    UnionAll,
    /// A join with `VALUES`, of which MariaDB has its own form.
    Values { mariadb: bool },
    /// A join with `JSON_TABLE(?, …)`: one placeholder.
    JsonTable,
    /// An UPDATE a row, all of them in one transaction.
    Singles,
}

impl Way {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Case => "CASE",
            Self::UnionAll => "JOIN (SELECT … UNION ALL …)",
            Self::Values { .. } => "JOIN (VALUES …)",
            Self::JsonTable => "JOIN JSON_TABLE",
            Self::Singles => "transactions of single UPDATEs",
        }
    }

    fn text(self, rows: usize) -> String {
        let join = |derived: String| {
            format!(
                "UPDATE {derived} STRAIGHT_JOIN `{BARE_ACCOUNTS}` AS t ON t.id = v.id SET t.balance = v.balance"
            )
        };
        let repeated = |what: &str, between: &str| vec![what; rows].join(between);
        match self {
            Self::Case => format!(
                "UPDATE `{BARE_ACCOUNTS}` SET balance = CASE id {} END WHERE id IN ({})",
                repeated("WHEN ? THEN ?", " "),
                repeated("?", ",")
            ),
            Self::UnionAll => {
                let more = vec![" UNION ALL SELECT ?,?"; rows.saturating_sub(1)].concat();
                join(format!("(SELECT ? AS id, ? AS balance{more}) AS v"))
            }
            // The first row's types are the columns'.
            Self::Values { mariadb: true } => {
                let more = vec![",(?,?)"; rows.saturating_sub(1)].concat();
                join(format!(
                    "(WITH w(id, balance) AS (VALUES ({TYPED}){more}) SELECT id, balance FROM w) AS v"
                ))
            }
            Self::Values { mariadb: false } => {
                let more = vec![",ROW(?,?)"; rows.saturating_sub(1)].concat();
                join(format!("(VALUES ROW({TYPED}){more}) AS v(id, balance)"))
            }
            Self::JsonTable => join(
                "JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$[0]', balance BIGINT PATH '$[1]')) AS v"
                    .to_owned(),
            ),
            Self::Singles => format!("UPDATE `{BARE_ACCOUNTS}` SET balance = ? WHERE id = ?"),
        }
    }
}

const TYPED: &str = "CAST(? AS UNSIGNED),CAST(? AS SIGNED)";

/// The statements of one way, so many rows each.
#[derive(Debug)]
pub(crate) struct Updates {
    way: Way,
    rows: usize,
    texts: HashMap<usize, Arc<str>>,
}

impl Updates {
    pub(crate) fn new(way: Way, rows: usize) -> Self {
        let texts = HashMap::new();
        Self { way, rows, texts }
    }

    fn text(&mut self, rows: usize) -> Arc<str> {
        let way = self.way;
        let text = self.texts.entry(rows);
        Arc::clone(text.or_insert_with(|| way.text(rows).into()))
    }

    pub(crate) async fn run(
        &mut self,
        connection: &mut MySqlConnection,
        rows: &[(u64, i64)],
    ) -> Fallible<()> {
        for some in rows.chunks(self.rows) {
            match self.way {
                Way::Singles => self.singles(connection, some).await?,
                _ => self.together(connection, some).await?,
            }
        }
        Ok(())
    }

    async fn together(
        &mut self,
        connection: &mut MySqlConnection,
        rows: &[(u64, i64)],
    ) -> Fallible<()> {
        let mut statement = query(AssertSqlSafe(self.text(rows.len())));
        if self.way == Way::JsonTable {
            statement = statement.bind(json(rows)?);
        } else {
            for (id, balance) in rows {
                statement = statement.bind(*id).bind(*balance);
            }
            if self.way == Way::Case {
                for (id, _) in rows {
                    statement = statement.bind(*id);
                }
            }
        }
        let found = statement.execute(connection).await?.rows_affected();
        if found == rows.len() as u64 {
            Ok(())
        } else {
            Err(format!("{found} rows were found, and not {}", rows.len()).into())
        }
    }

    async fn singles(
        &mut self,
        connection: &mut MySqlConnection,
        rows: &[(u64, i64)],
    ) -> Fallible<()> {
        raw_sql("BEGIN").execute(&mut *connection).await?;
        let text = self.text(1);
        for (id, balance) in rows {
            let statement = query(AssertSqlSafe(Arc::clone(&text)));
            statement
                .bind(*balance)
                .bind(*id)
                .execute(&mut *connection)
                .await?;
        }
        raw_sql("COMMIT").execute(connection).await?;
        Ok(())
    }
}

fn json(rows: &[(u64, i64)]) -> Fallible<String> {
    let mut out = String::with_capacity(rows.len() * 24);
    out.push('[');
    for (place, (id, balance)) in rows.iter().enumerate() {
        let comma = if place == 0 { "" } else { "," };
        write!(out, "{comma}[{id},{balance}]")?;
    }
    out.push(']');
    Ok(out)
}
