//! The tables of the workload, and the triggers by which the database writes down everything that is done to them.

use crate::{Fallible, database::Database};

/// Every change of a row, and every verdict on a frame, in the order in which they were made. It is written by the
/// transaction that makes the change: what is rolled back is not in it.
const LOG: &str = "CREATE TABLE `audit_log` (\
     `place` bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, \
     `connection` bigint unsigned NOT NULL, `source` varchar(20) NOT NULL, `kind` char(1) NOT NULL, \
     `row_key` varchar(64) NOT NULL, `mark` bigint unsigned NOT NULL, `visits` bigint NOT NULL) ENGINE=InnoDB";

/// Rows that a client may lock, and that nothing else uses.
const SCRATCH: &str = "CREATE TABLE `audit_scratch` (`id` bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, \
     `text` varchar(50) NOT NULL) ENGINE=InnoDB";

/// The table whose rows add up what is done to them.
pub(crate) const COUNTER: &str = "audit_counter";

/// The tables whose rows hold the mark of their last change, and whether their keys are UUIDs.
pub(crate) const MARKED: [(&str, bool); 7] = [
    ("audit_event", false),
    ("audit_page", true),
    ("audit_row", false),
    ("audit_handle", false),
    ("audit_parent", true),
    ("audit_child", false),
    ("audit_odd", false),
];

/// The key of a table's rows as text.
pub(crate) fn key(is_uuid: bool, row: &str) -> String {
    if is_uuid {
        format!("LOWER(HEX({row}`id`))")
    } else {
        format!("CONCAT({row}`id`)")
    }
}

/// Makes what the workload needs beside its tables, which are there.
pub(crate) async fn prepare(database: &mut Database) -> Fallible<()> {
    database.run(LOG).await?;
    database.run(SCRATCH).await?;
    // Narrower than the producers know.
    database
        .run("ALTER TABLE `audit_odd` MODIFY `note` varchar(20) NOT NULL")
        .await?;
    let counters: Vec<String> = (1..=8).map(|id| format!("({id},0,0)")).collect();
    let counters = counters.join(",");
    database
        .run(&format!(
            "INSERT INTO `{COUNTER}` (`id`,`visits`,`total`) VALUES {counters}"
        ))
        .await?;
    for (table, is_uuid) in MARKED {
        for (kind, event, row) in [
            ("I", "INSERT", "NEW."),
            ("U", "UPDATE", "NEW."),
            ("D", "DELETE", "OLD."),
        ] {
            let values = format!("'{kind}',{},{row}`mark`,0", key(is_uuid, row));
            trigger(database, table, event, &values).await?;
        }
    }
    let added = "'U',CONCAT(NEW.`id`),NEW.`total`-OLD.`total`,\
         CAST(NEW.`visits` AS SIGNED)-CAST(OLD.`visits` AS SIGNED)";
    trigger(database, COUNTER, "UPDATE", added).await?;
    let verdict = "'V',LOWER(HEX(NEW.`frame_id`)),NEW.`verdict`,0";
    trigger(database, "_beeorm_inbox", "INSERT", verdict).await
}

async fn trigger(database: &mut Database, table: &str, event: &str, values: &str) -> Fallible<()> {
    let name = format!("log{table}_{event}");
    let insert = format!(
        "INSERT INTO `audit_log` (`connection`,`source`,`kind`,`row_key`,`mark`,`visits`) \
         VALUES (CONNECTION_ID(),'{table}',{values})"
    );
    database
        .run(&format!(
            "CREATE TRIGGER `{name}` AFTER {event} ON `{table}` FOR EACH ROW {insert}"
        ))
        .await
}
