use sqlx::{MySqlConnection, Row};

/// How the server logs changes, where it does.
#[derive(Debug, Default)]
pub(super) struct BinaryLog {
    is_on: bool,
    by_statement: bool,
}

impl BinaryLog {
    /// Shown and not selected: a version that has no such variable shows nothing.
    pub(super) async fn ask(connection: &mut MySqlConnection) -> Result<Self, sqlx::Error> {
        let sql = "SHOW VARIABLES WHERE Variable_name IN ('log_bin', 'binlog_format')";
        let rows = sqlx::query(sql).fetch_all(connection).await?;
        let mut found = Self::default();
        for row in rows {
            // Some versions call these texts, and some bytes.
            let name: Vec<u8> = row.try_get_unchecked(0)?;
            let value: Vec<u8> = row.try_get_unchecked(1)?;
            found.learn(&name, &value);
        }
        Ok(found)
    }

    fn learn(&mut self, name: &[u8], value: &[u8]) {
        if name.eq_ignore_ascii_case(b"log_bin") {
            self.is_on = value.eq_ignore_ascii_case(b"ON") || value == b"1";
        } else if name.eq_ignore_ascii_case(b"binlog_format") {
            self.by_statement = value.eq_ignore_ascii_case(b"STATEMENT");
        }
    }

    /// InnoDB writes under READ COMMITTED only what is logged row by row.
    pub(super) fn refuses_read_committed(&self) -> bool {
        self.is_on && self.by_statement
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_refused_where_they_are_logged() {
        let refuses = |log_bin: &str, format: &str| {
            let mut log = BinaryLog::default();
            log.learn(b"binlog_format", format.as_bytes());
            log.learn(b"log_bin", log_bin.as_bytes());
            log.refuses_read_committed()
        };
        assert!(refuses("ON", "STATEMENT"));
        assert!(!refuses("OFF", "STATEMENT"));
        assert!(!refuses("ON", "MIXED"));
        assert!(!refuses("ON", "ROW"));
    }
}
