use uuid::Uuid;

use super::support::Bench;
use crate::{
    database::{DatabaseError, Limits},
    database::{
        Session,
        dead_keys::{self, RowKey},
        dead_letters::{self, DeadLetterRow, LetterError},
        horizon,
        inbox::{self, Guard, Pruned, Refusal, Verdict},
    },
};

/// The first frame of that millisecond, and others of it.
fn frame(millis: u64, number: u64) -> Uuid {
    let (high, _) = horizon::first_of(millis).as_u64_pair();
    Uuid::from_u64_pair(high | 0x7000, 1 << 63 | number)
}

async fn empty(bench: &Bench) {
    for table in [
        inbox::TABLE,
        horizon::TABLE,
        dead_letters::TABLE,
        dead_keys::TABLE,
    ] {
        bench
            .run(&format!("DELETE FROM `{table}`"), &[])
            .await
            .expect("a table is emptied");
    }
}

/// In a transaction of its own.
async fn insert(bench: &Bench, frames: &[Uuid], guard: Guard) -> Result<(), Refusal> {
    let mut session = bench.consumer().await;
    session.begin().await.expect("begins");
    let written = inbox::insert(&mut *session, frames, Verdict::Applied, 1, guard).await;
    if written.is_ok() {
        session.commit().await.expect("commits");
    } else {
        session.rollback().await.expect("rolls back");
    }
    written
}

async fn rows(bench: &Bench) -> i64 {
    bench.number("SELECT COUNT(*) FROM `_beeorm_inbox`").await
}

pub(super) async fn the_inbox_takes_a_frame_once(bench: &Bench) {
    empty(bench).await;
    let frames: Vec<Uuid> = (0..1234).map(|number| frame(1000, number)).collect();
    insert(bench, &frames, Guard::Watermark).await.expect("new");
    assert_eq!(rows(bench).await, 1234);
    let new = frame(1000, 5000);
    for guard in [Guard::Watermark, Guard::Off] {
        let again = insert(bench, &[new, frames[700]], guard).await;
        assert!(matches!(again, Err(Refusal::Done)), "{again:?}");
    }
    assert_eq!(rows(bench).await, 1234, "all or none");
    let mut session = bench.session().await;
    let found = inbox::find(&mut *session, &[new, frames[3]]).await;
    assert_eq!(found.expect("finds"), [(frames[3], Verdict::Applied)]);
}

pub(super) async fn frames_below_the_watermark_are_refused(bench: &Bench) {
    empty(bench).await;
    let mut session = bench.session().await;
    assert_eq!(horizon::read(&mut *session).await.expect("reads"), 0);
    drop(session);
    insert(bench, &[frame(1, 1)], Guard::Watermark)
        .await
        .expect("nothing is too old yet");
    let raise = async |millis| {
        let mut session = bench.session().await;
        let raised = horizon::raise(&mut *session, bench.dialect, millis).await;
        raised.expect("raises");
        horizon::read(&mut *session).await.expect("reads")
    };
    assert_eq!(raise(2000).await, 2000);
    assert_eq!(raise(1000).await, 2000, "it never goes back");
    assert_eq!(raise(2001).await, 2001);
    // Alone, among a few, and in the last of several statements.
    for count in [1, 7, 600] {
        let mut frames: Vec<Uuid> = (0..count).map(|number| frame(3000, number)).collect();
        frames.push(frame(2000, 9));
        let refused = insert(bench, &frames, Guard::Watermark).await;
        assert!(matches!(refused, Err(Refusal::TooOld)), "{refused:?}");
        frames.reverse();
        let refused = insert(bench, &frames, Guard::Watermark).await;
        assert!(matches!(refused, Err(Refusal::TooOld)), "{refused:?}");
    }
    assert_eq!(rows(bench).await, 1);
    let young = [frame(2001, 0), frame(2002, 0)];
    insert(bench, &young, Guard::Watermark)
        .await
        .expect("young enough");
    insert(bench, &[frame(2000, 9)], Guard::Off)
        .await
        .expect("not looked at");
    assert_eq!(rows(bench).await, 4);
}

pub(super) async fn the_oldest_rows_are_pruned(bench: &Bench) {
    empty(bench).await;
    let frames: Vec<Uuid> = (0..25)
        .map(|number| frame(1000 + number / 5, number))
        .collect();
    insert(bench, &frames, Guard::Watermark).await.expect("new");
    let mut session = bench.consumer().await;
    let has_older = async |session: &mut dyn Session, than| {
        inbox::has_older(session, than).await.expect("looks")
    };
    assert!(!has_older(&mut *session, 1000).await);
    assert!(has_older(&mut *session, 1001).await);
    let mut pruned = Vec::new();
    loop {
        let part = inbox::prune(&mut *session, 1003, 6).await.expect("prunes");
        pruned.push(part.rows);
        if !part.more {
            break;
        }
    }
    assert_eq!(pruned, [6, 6, 3]);
    let nothing = inbox::prune(&mut *session, 1003, 6).await.expect("prunes");
    assert_eq!(
        nothing,
        Pruned {
            rows: 0,
            more: false
        }
    );
    let left = inbox::find(&mut *session, &frames).await.expect("finds");
    let mut left: Vec<Uuid> = left.into_iter().map(|(id, _)| id).collect();
    left.sort_unstable();
    assert_eq!(left, frames[15..], "what is younger stays");
}

fn letter(frame_id: Uuid, follows: Option<Uuid>) -> DeadLetterRow {
    DeadLetterRow {
        frame_id,
        channel: "channel".to_owned(),
        created_millis: 1,
        died_millis: 2,
        attempts: 3,
        refusal: LetterError {
            error_code: Some(1062),
            sqlstate: Some("23000".to_owned()),
            error: "żółw 🐝".to_owned(),
            may_be_applied: follows.is_none(),
            follows,
        },
        statements: "INSERT".to_owned(),
        frame: vec![0, 255],
    }
}

pub(super) async fn dead_letters_are_kept_in_order(bench: &Bench) {
    empty(bench).await;
    let limits = Limits {
        dialect: bench.dialect,
        statement_bytes: bench.database.max_statement_bytes(),
    };
    let mut session = bench.session().await;
    let session = &mut *session;
    // Not in the order of their ids.
    let letters = [
        letter(frame(3000, 0), None),
        letter(frame(1000, 0), Some(frame(3000, 0))),
        letter(frame(2000, 0), Some(frame(3000, 0))),
    ];
    for letter in &letters {
        dead_letters::insert(session, limits, letter)
            .await
            .expect("writes");
    }
    let twice = dead_letters::insert(session, limits, &letters[0]).await;
    assert!(twice.is_err_and(|error| error.is_duplicate_key()));
    let listed = dead_letters::list(session, 0, 10).await.expect("lists");
    let rows: Vec<_> = listed.iter().map(|(_, letter)| letter.clone()).collect();
    assert_eq!(rows, letters);
    let behind = dead_letters::list(session, listed[0].0, 1)
        .await
        .expect("lists");
    assert_eq!(behind, listed[1..2]);
    let frames = dead_letters::frames(session, listed[1].0, 10)
        .await
        .expect("lists");
    assert_eq!(frames, [(listed[2].0, letters[2].frame_id)]);
    let followers = dead_letters::followers(session, letters[0].frame_id)
        .await
        .expect("lists");
    assert_eq!(followers, listed[1..]);
    assert_eq!(dead_letters::count(session).await.expect("counts"), 3);

    let id = letters[1].frame_id;
    let error = LetterError::from(&DatabaseError::row_missing("bees"));
    dead_letters::failed_again(session, id, &error)
        .await
        .expect("notes");
    let (number, noted) = dead_letters::get(session, id)
        .await
        .expect("gets")
        .expect("is there");
    assert_eq!((number, noted.attempts), (listed[1].0, 4));
    assert_eq!(
        (noted.refusal.error_code, noted.refusal.follows),
        (None, letters[1].refusal.follows)
    );
    assert!(noted.refusal.error.contains("bees"));

    assert!(dead_letters::delete(session, id).await.expect("deletes"));
    assert!(!dead_letters::delete(session, id).await.expect("deletes"));
    assert!(!dead_letters::exists(session, id).await.expect("looks"));
    assert!(
        dead_letters::exists(session, letters[2].frame_id)
            .await
            .expect("looks")
    );
    assert_eq!(dead_letters::get(session, id).await.expect("gets"), None);
}

pub(super) async fn keys_of_dead_inserts_are_remembered(bench: &Bench) {
    empty(bench).await;
    let mut session = bench.session().await;
    let session = &mut *session;
    assert!(!dead_keys::any(session).await.expect("looks"));
    let key = |table, key: &[u8]| RowKey::new(table, key);
    let (long, longer) = ([7; 300], [7; 301]);
    let first = [key("bees", b"a"), key("bees", b"b"), key("bees", &long)].into();
    let (one, other) = (frame(1000, 0), frame(2000, 0));
    dead_keys::remember(session, other, &[key("bees", b"a")].into())
        .await
        .expect("writes");
    dead_keys::remember(session, one, &first)
        .await
        .expect("writes");
    assert!(dead_keys::any(session).await.expect("looks"));
    let find = async |session: &mut dyn Session, table, bytes: &[u8]| {
        dead_keys::find(session, &[key(table, bytes)].into())
            .await
            .expect("finds")
    };
    assert_eq!(
        find(session, "bees", b"a").await,
        Some(one),
        "the older one"
    );
    assert_eq!(find(session, "bees", &long).await, Some(one));
    for (table, bytes) in [
        ("bees", b"A".as_slice()),
        ("Bees", b"a"),
        ("bees", b"a "),
        ("bees", &longer),
    ] {
        assert_eq!(find(session, table, bytes).await, None, "{table} {bytes:?}");
    }
    let many: Vec<Vec<u8>> = (0..611_u32)
        .map(|number| number.to_be_bytes().to_vec())
        .collect();
    let many = many.iter().map(|bytes| key("hives", bytes)).collect();
    dead_keys::remember(session, other, &many)
        .await
        .expect("writes");
    assert_eq!(
        dead_keys::find(session, &many).await.expect("finds"),
        Some(other)
    );
    dead_keys::forget_rows(session, &many)
        .await
        .expect("forgets");
    assert_eq!(dead_keys::find(session, &many).await.expect("finds"), None);
    assert_eq!(
        dead_keys::forget_frame(session, one)
            .await
            .expect("forgets"),
        3
    );
    assert_eq!(find(session, "bees", b"a").await, Some(other));
    dead_keys::forget_rows(session, &[key("bees", b"a")].into())
        .await
        .expect("forgets");
    assert!(!dead_keys::any(session).await.expect("looks"));
}
