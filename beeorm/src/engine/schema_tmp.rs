use super::Parts; use crate::{database::{Dialect, render::quoted}, error::Error, entity::KeySource};
/// tmp
#[derive(Debug)]
pub struct SchemaTmp<'e>(pub(crate) &'e Parts);
impl SchemaTmp<'_> {
    /// tmp
    pub async fn update(&self) -> Result<(), Error> {
        self.0.databases.make_own_tables().await?;
        let mut tables: Vec<_> = self.0.tables.iter().collect();
        tables.sort_by_key(|t| t.columns.iter().filter(|c| c.refers_to.is_some()).count());
        for t in tables {
            let d = self.0.databases.get(t.pool)?;
            let lite = d.dialect() == Dialect::Sqlite;
            let mut parts = vec![];
            for (i, c) in t.columns.iter().enumerate() {
                let ty = if lite { if i == t.key && t.key_source == KeySource::AutoIncrement { "INTEGER".to_owned() } else { crate::database::sqlite_type(&c.column_type).to_owned() } } else { c.column_type.to_string() };
                let null = if c.nullable { " NULL" } else { " NOT NULL" };
                let key = if i == t.key { if t.key_source == KeySource::AutoIncrement { if lite { " PRIMARY KEY AUTOINCREMENT" } else { " AUTO_INCREMENT PRIMARY KEY" } } else { " PRIMARY KEY" } } else { "" };
                parts.push(format!("{} {ty}{null}{key}", quoted(&c.name)));
            }
            for c in &t.columns { if let Some(r) = c.refers_to { let r = r(); parts.push(format!("CONSTRAINT {} FOREIGN KEY ({}) REFERENCES {} ({})", quoted(&format!("{}_{}", t.table, c.name)), quoted(&c.name), quoted(r.table), quoted(r.column))); } }
            let mut s = d.session(crate::database::Purpose::Caller).await?;
            s.execute(&format!("CREATE TABLE IF NOT EXISTS {} ({})", quoted(t.table), parts.join(",")), &[]).await?;
            for ix in &t.indexes {
                let cols: Vec<_> = ix.columns.iter().map(|c| quoted(&t.columns[*c].name)).collect();
                s.execute(&format!("CREATE {} INDEX {} ON {} ({})", if ix.unique {"UNIQUE"} else {""}, quoted(&ix.name), quoted(t.table), cols.join(",")), &[]).await?;
            }
        }
        Ok(())
    }
}
