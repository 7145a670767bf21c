//! What the servers hold at the end.

use beeorm_tests::{RedisConnection, record::Kind};

use super::{Evidence, Letter, Logged, Verdict, What};
use crate::{
    Fallible,
    database::Database,
    stage::STREAM,
    tables::{COUNTER, MARKED, key},
};

pub(super) async fn in_database(evidence: &mut Evidence, database: &mut Database) -> Fallible<()> {
    let log = "SELECT CONCAT(`place`), CONCAT(`connection`), `source`, `kind`, `row_key`, CONCAT(`mark`), \
         CONCAT(`visits`) FROM `audit_log` ORDER BY `place`";
    for row in database.rows::<7>(log).await? {
        evidence.log.push(logged(row)?);
    }
    for (table, is_uuid) in MARKED {
        let rows = format!("SELECT {}, CONCAT(`mark`) FROM `{table}`", key(is_uuid, ""));
        for [key, mark] in database.rows::<2>(&rows).await? {
            evidence.rows.insert((table.to_owned(), key), mark.parse()?);
        }
    }
    let counters =
        format!("SELECT CONCAT(`id`), CONCAT(`visits`), CONCAT(`total`) FROM `{COUNTER}`");
    for [key, visits, total] in database.rows::<3>(&counters).await? {
        evidence
            .counters
            .insert(key, (visits.parse()?, total.parse()?));
    }
    let letters = "SELECT LOWER(HEX(`frame_id`)), `statements`, `error`, CONCAT(LENGTH(`frame`)), CONCAT(`attempts`) \
         FROM `_beeorm_dead_letters`";
    for [frame, statements, error, bytes, attempts] in database.rows::<5>(letters).await? {
        let (bytes, attempts) = (bytes.parse()?, attempts.parse()?);
        evidence.letters.push(Letter {
            frame,
            statements,
            error,
            bytes,
            attempts,
        });
    }
    Ok(())
}

fn logged([place, connection, table, kind, key, mark, visits]: [String; 7]) -> Fallible<Logged> {
    let kind = match kind.as_str() {
        "I" => Some(Kind::Insert),
        "U" => Some(Kind::Update),
        "D" => Some(Kind::Delete),
        _ => None,
    };
    let what = match (kind, mark.as_str()) {
        (Some(kind), mark) => {
            let (mark, visits) = (mark.parse()?, visits.parse()?);
            What::Change {
                kind,
                table,
                key,
                mark,
                visits,
            }
        }
        (None, "1") => What::Verdict {
            frame: key,
            verdict: Verdict::Applied,
        },
        (None, "2") => What::Verdict {
            frame: key,
            verdict: Verdict::Dead,
        },
        (None, "3") => What::Verdict {
            frame: key,
            verdict: Verdict::Skipped,
        },
        (None, other) => return Err(format!("a verdict that nobody knows: {other}").into()),
    };
    let (place, connection) = (place.parse()?, connection.parse()?);
    Ok(Logged {
        place,
        connection,
        what,
    })
}

pub(super) async fn in_redis(evidence: &mut Evidence, redis: &mut RedisConnection) -> Fallible<()> {
    for entry in redis.entries(STREAM, 10_000).await? {
        let frames = entry.frame_ids();
        evidence
            .waiting
            .extend(frames.iter().map(|frame| hex(frame)));
        if frames.is_empty() {
            evidence.waiting.push(entry.id);
        }
    }
    let aside = format!("{{{STREAM}}}:aside");
    for entry in redis.entries(&aside, 100_000).await? {
        let texts = entry
            .fields
            .iter()
            .map(|field| String::from_utf8_lossy(field).into_owned());
        let planted = texts.into_iter().find(|text| text.starts_with("garbage "));
        evidence.aside.push(planted.unwrap_or(entry.id));
    }
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
