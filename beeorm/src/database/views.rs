//! The tables behind a view: it has no engine of its own, and what is written to it is written to them.

use std::collections::BTreeSet;

use super::{
    SelectError, Session,
    engines::{Found, about},
};
use crate::column::{Column, RowReader, ValueRef};

/// What nobody writes to through a view, whatever its engine: a condition may look at it.
const OF_THE_SERVER: [&str; 4] = ["information_schema", "performance_schema", "mysql", "sys"];

/// A database and a table in it.
pub(super) type Name = (String, String);

/// The first table without transactions behind the view, or behind the views that it is made of.
pub(super) async fn look_behind(
    session: &mut dyn Session,
    view: Name,
) -> Result<Found, SelectError> {
    let schema = view.0.clone();
    let (mut seen, mut views) = (BTreeSet::from([view.clone()]), vec![view]);
    let (mut is_told, mut is_hidden) = (false, false);
    while let Some(next) = views.pop() {
        let definition = definition(session, &next).await?;
        is_hidden |= definition.is_empty();
        for name in named(&definition) {
            if OF_THE_SERVER.contains(&name.0.to_ascii_lowercase().as_str())
                || !seen.insert(name.clone())
            {
                continue;
            }
            match about(session, &name).await? {
                Found::Without { table, engine } => {
                    let table = if name.0 == schema {
                        table
                    } else {
                        format!("{}.{table}", name.0)
                    };
                    return Ok(Found::Without { table, engine });
                }
                Found::View(_) => views.push(name),
                Found::Transactions => is_told = true,
                Found::Hidden | Found::Nothing => {}
            }
        }
    }
    Ok(if is_told && !is_hidden {
        Found::Transactions
    } else {
        Found::Hidden
    })
}

/// The query that the view stands for; empty for an account without the right to see it.
async fn definition(
    session: &mut dyn Session,
    (schema, view): &Name,
) -> Result<String, SelectError> {
    let sql = "SELECT CAST(VIEW_DEFINITION AS CHAR) FROM information_schema.VIEWS \
               WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?";
    let mut definition = String::new();
    let mut each = |row: &mut dyn RowReader| {
        definition = Option::<String>::read(row)?.unwrap_or_default();
        Ok(())
    };
    let binds = [ValueRef::Text(schema), ValueRef::Text(view)];
    session.select(sql, &binds, &mut each).await?;
    Ok(definition)
}

/// What the query may name as `` `database`.`table` ``, which servers spell out. A column is called so too, and a text may
/// look like it: more than there is does no harm, as each is looked for.
fn named(query: &str) -> BTreeSet<Name> {
    let name = |(at, _): (usize, &str)| {
        let (schema, behind) = quoted(query.get(at..)?)?;
        let (table, _) = quoted(behind.strip_prefix('.')?)?;
        Some((schema, table))
    };
    query.match_indices('`').filter_map(name).collect()
}

/// The name between the first backticks, where one in it is doubled, and what is behind them.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut rest = text.strip_prefix('`')?;
    let mut name = String::new();
    loop {
        let (part, behind) = rest.split_once('`')?;
        name.push_str(part);
        match behind.strip_prefix('`') {
            Some(more) => {
                name.push('`');
                rest = more;
            }
            None => return Some((name, behind)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn a_query_names_its_tables() {
        let has = |query: &str, schema: &str, table: &str| {
            named(query).contains(&(schema.to_owned(), table.to_owned()))
        };
        let maria = "select `vv`.`t`.`id` AS `id` from `vv`.`t` where `vv`.`t`.`a` <> 'it\\'s ` x'";
        assert!(has(maria, "vv", "t"));
        let join = "select `x`.`id` AS `id` from (`vv`.`o.d``d` `x` join `vv`.`v` on((`v`.`id` = `x`.`id`)))";
        assert!(has(join, "vv", "o.d`d") && has(join, "vv", "v"));
        assert!(named("").is_empty());
        assert!(named("select 1 AS `1` from `x").is_empty());
    }
}
