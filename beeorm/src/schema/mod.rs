//! The tables that the entities ask for, against the tables that there are: what has to be altered.
//!
//! Reading and comparing only: nothing here changes a table. Each folder is a database: it reads what there
//! is and spells what is wanted; what has to be done is decided for all of them alike in [`diff`].

mod alter;
mod change;
mod check;
mod definitions;
mod diff;
mod foreign_key;
mod have;
mod literal;
mod mysql;
mod order;
mod parents;
#[cfg(feature = "embedded")]
mod sqlite;
#[cfg(test)]
mod tests;

pub use self::alter::Alter;
use self::{
    alter::Action,
    change::{Change, Danger, Step},
    definitions::{Definitions, definitions},
    diff::diff,
    have::{Table, has_values},
    parents::Parents,
};
use crate::{
    database::{Database, DatabaseError, FailureClass, Purpose, SelectError, Session, own_tables},
    entity::TableSchema,
};

/// What has to be run in one database, in this order. The library's own tables are made where they are not, and
/// never altered; tables that no entity asks for are left alone.
pub(crate) async fn alters(
    database: &dyn Database,
    pool: &str,
    schemas: Vec<&'static TableSchema>,
) -> Result<Vec<Alter>, DatabaseError> {
    schemas.iter().try_for_each(|schema| check::check(schema))?;
    let schemas = order::parents_first(schemas);
    let mut session = database.session(Purpose::Caller).await?;
    let session = &mut *session;
    let definitions = definitions(database, session).await.map_err(unreadable)?;
    let mut alters = Vec::new();
    for (table, definition) in own_tables(database.dialect()) {
        if definitions
            .read(session, table)
            .await
            .map_err(unreadable)?
            .is_none()
        {
            alters.push(Alter::new(pool, table, Action::Run(definition), None));
        }
    }
    let mut there = Vec::with_capacity(schemas.len());
    for schema in &schemas {
        let read = definitions.read(session, schema.table).await;
        there.push(read.map_err(unreadable)?);
    }
    for (table, action, danger) in of_entities(&*definitions, &schemas, &there) {
        let danger = match danger {
            Danger::None => None,
            Danger::Always(why) => Some(why),
            Danger::ByHand(why) => {
                alters.push(Alter::new(pool, table, action.by_hand(why), Some(why)));
                continue;
            }
            Danger::WithValues(why, columns) => has_values(session, table, &columns)
                .await
                .map_err(unreadable)?
                .then_some(why),
        };
        alters.push(Alter::new(pool, table, action, danger));
    }
    Ok(alters)
}

/// The columns of the unique indexes that the table has, declared or not; without those that cover something else than whole
/// columns of the entity.
pub(crate) async fn unique_indexes(
    database: &dyn Database,
    session: &mut dyn Session,
    schema: &TableSchema,
) -> Result<Vec<Vec<usize>>, SelectError> {
    let definitions = definitions(database, session).await?;
    let there = definitions.read(session, schema.table).await?;
    let there = there.unwrap_or_default();
    let position = |name: &String| {
        let mut columns = schema.columns.iter();
        columns.position(|column| there.is_same_name(&column.name, name))
    };
    let unique = there
        .indexes
        .iter()
        .filter(|index| index.unique && !index.is_special);
    Ok(unique
        .filter_map(|index| index.columns.iter().map(position).collect())
        .collect())
}

/// First what is in the way goes, at last come the references to tables that had to be made before.
fn of_entities<'a>(
    definitions: &dyn Definitions,
    schemas: &[&'static TableSchema],
    there: &'a [Option<Table>],
) -> Vec<(&'static str, Action, Danger<'a>)> {
    let parents = Parents::new(schemas, there);
    let mut phases = [Vec::new(), Vec::new(), Vec::new()];
    for (schema, have) in schemas.iter().zip(there) {
        for Step { change, danger } in diff(definitions, schema, have.as_ref(), &parents) {
            let actions = definitions.write(schema, &change);
            let actions = actions
                .into_iter()
                .map(|action| (schema.table, action, danger.clone()));
            let [first, second, last] = &mut phases;
            match change {
                Change::DropForeignKey(_) => first.extend(actions),
                Change::AddForeignKey { .. } => last.extend(actions),
                _ => second.extend(actions),
            }
        }
    }
    phases.into_iter().flatten().collect()
}

fn unreadable(error: SelectError) -> DatabaseError {
    match error {
        SelectError::Database(error) => error,
        SelectError::Column(problem) => DatabaseError::new(
            FailureClass::Schema,
            format!("what the database tells of its tables {problem}"),
        ),
    }
}
