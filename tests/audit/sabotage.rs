//! Tampering with what a run has left, to see whether the auditor sees it.

use crate::{Fallible, database::Database, options::Sabotage, stage::Stage};

pub(crate) async fn commit(sabotage: Sabotage, stage: &Stage) -> Fallible<()> {
    let mut database = stage.database().await?;
    match sabotage {
        Sabotage::Lost => lose(&mut database).await,
        Sabotage::Duplicate => duplicate(&mut database).await,
        Sabotage::Reorder => reorder(&mut database).await,
    }
}

/// A row and all traces of it are gone.
async fn lose(database: &mut Database) -> Fallible<()> {
    let mark = "SELECT CONCAT(`mark`) FROM `audit_page` LIMIT 1";
    let mark = one(database.rows::<1>(mark).await?)?.concat();
    database
        .run(&format!("DELETE FROM `audit_page` WHERE `mark` = {mark}"))
        .await?;
    let traces =
        format!("DELETE FROM `audit_log` WHERE `source` = 'audit_page' AND `mark` = {mark}");
    database.run(&traces).await
}

/// A visit is counted again.
async fn duplicate(database: &mut Database) -> Fallible<()> {
    let visit = "SELECT `row_key`, CONCAT(`mark`) FROM `audit_log` WHERE `source` = 'audit_counter' LIMIT 1";
    let [key, mark] = one(database.rows(visit).await?)?;
    let set = format!("`visits` = `visits` + 1, `total` = `total` + {mark}");
    database
        .run(&format!(
            "UPDATE `audit_counter` SET {set} WHERE `id` = {key}"
        ))
        .await
}

/// Two changes of a row have come in the wrong order, with nothing to be seen of it in the end.
async fn reorder(database: &mut Database) -> Fallible<()> {
    let updates = "`source` = 'audit_row' AND `kind` = 'U'";
    let busiest = format!(
        "SELECT `row_key` FROM `audit_log` WHERE {updates} GROUP BY `row_key` ORDER BY COUNT(*) DESC LIMIT 1"
    );
    let key = one(database.rows::<1>(&busiest).await?)?.concat();
    let first = format!(
        "SELECT CONCAT(`place`), CONCAT(`mark`) FROM `audit_log` WHERE {updates} AND `row_key` = '{key}' \
         ORDER BY `place` LIMIT 2"
    );
    let changes = database.rows::<2>(&first).await?;
    let [[place, mark], [later, other]] = changes.as_slice() else {
        return Err("no row was changed twice".into());
    };
    for (place, mark) in [(place, other), (later, mark)] {
        let swap = format!("UPDATE `audit_log` SET `mark` = {mark} WHERE `place` = {place}");
        database.run(&swap).await?;
    }
    Ok(())
}

fn one<T>(rows: Vec<T>) -> Fallible<T> {
    rows.into_iter()
        .next()
        .ok_or_else(|| "the run was too short: there is nothing to tamper with".into())
}
