use crate::{
    column::ColumnType,
    database::{DatabaseError, FailureClass},
    entity::TableSchema,
};

/// The most bytes of one index's columns (InnoDB), where a character takes four.
pub(super) const INDEX_BYTES: u32 = 3072;

/// Refuses what no MySQL can make, with what to change. It holds for SQLite too, so that what is tried there
/// works on a server.
pub(super) fn check(table: &TableSchema) -> Result<(), DatabaseError> {
    let key = std::iter::once(("PRIMARY", vec![table.key]));
    let indexes = table
        .indexes
        .iter()
        .map(|index| (index.name.as_str(), index.columns.clone()));
    for (index, columns) in key.chain(indexes) {
        let mut bytes = 0;
        for column in columns
            .iter()
            .filter_map(|position| table.columns.get(*position))
        {
            bytes += match column.column_type {
                ColumnType::Text {
                    length: Some(length),
                } => length.saturating_mul(4),
                ColumnType::Text { length: None } | ColumnType::Blob(_) | ColumnType::Json => {
                    let why = format!(
                        "cannot hold `{}`, which has no bounded length: ",
                        column.name
                    );
                    let advice = "give a text a `length`, or take the column out of the index";
                    return Err(refused(table, index, &format!("{why}{advice}")));
                }
                _ => 16,
            };
        }
        if bytes > INDEX_BYTES {
            let why = format!(
                "takes {bytes} bytes a row, and may take {INDEX_BYTES}: make its texts shorter"
            );
            return Err(refused(table, index, &why));
        }
    }
    Ok(())
}

fn refused(table: &TableSchema, index: &str, why: &str) -> DatabaseError {
    DatabaseError::new(
        FailureClass::Schema,
        format!("the index `{index}` of {} {why}", table.entity),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entity::{KeySource, SchemaBuilder, column};

    fn refusal(length: Option<u32>) -> Option<String> {
        let table = SchemaBuilder::new("User", "users", "default")
            .key(column::<u64>("id"), KeySource::AutoIncrement)
            .column(column::<String>("email").length(length))
            .index("email", true, &["email"])
            .build();
        check(&table).err().map(|error| error.message().to_owned())
    }

    #[test]
    fn an_index_that_mysql_refuses_is_refused_with_advice() {
        assert_eq!(refusal(Some(768)), None);
        assert!(
            refusal(Some(769))
                .unwrap()
                .contains("takes 3076 bytes a row")
        );
        assert!(
            refusal(None)
                .unwrap()
                .contains("the index `email` of User cannot hold `email`")
        );
    }
}
