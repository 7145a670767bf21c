use super::{
    DatabaseError, Dialect, SelectError, Session, dead_keys, dead_letters, horizon, inbox,
};

/// The library's own tables, and their definitions.
pub(crate) fn own_tables(dialect: Dialect) -> [(&'static str, String); 4] {
    [
        (inbox::TABLE, inbox::definition(dialect)),
        (horizon::TABLE, horizon::definition(dialect)),
        (dead_letters::TABLE, dead_letters::definition(dialect)),
        (dead_keys::TABLE, dead_keys::definition(dialect)),
    ]
}

/// Makes one of the library's own tables, where it is not. An account that may make none is refused also where it is:
/// then a look at it does.
pub(crate) async fn make_table(
    session: &mut dyn Session,
    table: &str,
    definition: &str,
) -> Result<(), DatabaseError> {
    let refused = match session.execute(definition, &[]).await {
        Err(error) if error.is_denied() => error,
        made => return made.map(|_| ()),
    };
    let look = format!("SELECT 1 FROM `{table}` LIMIT 0");
    match session.select(&look, &[], &mut |_| Ok(())).await {
        Ok(()) => Ok(()),
        Err(SelectError::Database(error)) if error.class().is_passing() => Err(error),
        // Whether it is there, an account without any right to it is not told.
        Err(SelectError::Database(error)) if error.is_denied() => Err(refused.retold(|said| {
            format!(
                "{said}; where `{table}` is there, GRANT SELECT, INSERT, UPDATE and DELETE on it"
            )
        })),
        Err(_) => Err(refused),
    }
}
