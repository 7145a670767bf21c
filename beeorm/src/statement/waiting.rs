use super::Batch;
use crate::column::{Value, ValueRef};

/// A statement that waits in the stream, for people.
#[derive(Clone, Debug, serde::Serialize)]
#[non_exhaustive]
pub struct WaitingStatement {
    /// `"INSERT"`, `"UPDATE"` or `"DELETE"`.
    pub operation: &'static str,
    /// The table.
    pub table: &'static str,
    /// The row's key; none for an INSERT whose key the database makes.
    pub key: Option<Value>,
    /// The columns that get a value, and the values. `+=` and `-=` behind a name: counted in the database.
    pub values: Vec<(String, Value)>,
}

/// A batch's statements for people.
pub(crate) fn waiting(batch: &Batch) -> Vec<WaitingStatement> {
    let show = |statement| {
        let (shape, values) = (batch.shape(statement).ok()?, batch.values(statement).ok()?);
        let named = shape
            .columns
            .iter()
            .zip(&values.columns)
            .map(|((column, mode), value)| {
                let name = shape
                    .table
                    .columns
                    .get(*column)
                    .map_or("", |column| &column.name);
                (format!("{name}{}", mode.sign()), value.to_value())
            });
        Some(WaitingStatement {
            operation: shape.operation.name(),
            table: shape.table.table,
            key: values.key.map(ValueRef::to_value),
            values: named.collect(),
        })
    };
    batch.statements.iter().filter_map(show).collect()
}
