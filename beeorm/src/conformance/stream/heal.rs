//! What others do to a stream in Redis, by hand or by failover.

use uuid::Uuid;

use super::bench::{Bench, fill, own, texts};
use crate::{
    BACKGROUND_CONSUMER_GROUP,
    redis::{Arguments, Client, Eviction},
    stream::{EntryId, StreamError},
};

pub(super) async fn suite(bench: &Bench) {
    let client = match bench {
        Bench::Redis(client) => client,
        #[cfg(feature = "embedded")]
        Bench::Embedded(_) => return,
    };
    a_vanished_group_is_made_anew(bench, client).await;
    a_vanished_stream_is_made_anew(bench, client).await;
    entries_that_were_passed_over_are_delivered(bench, client).await;
    an_id_that_came_back_is_another_entry(bench, client).await;
    an_entry_deleted_while_pending_says_so(bench, client).await;
    an_entry_of_others_is_set_aside_whole(bench, client).await;
    entries_delivered_to_strangers_are_the_owners(bench, client).await;
    a_forgotten_script_is_taught_again(bench, client).await;
    a_lease_that_is_none_is_nobodys(bench, client).await;
    a_key_of_another_type_is_refused(bench, client).await;
    the_policy_is_told(client).await;
}

async fn run(client: &Client, name: &'static str, words: &[&str]) {
    let arguments = words
        .iter()
        .fold(Arguments::new(), |arguments, word| arguments.text(word));
    client
        .command(name, arguments)
        .await
        .unwrap_or_else(|error| panic!("{name} {words:?}: {error}"));
}

fn name() -> String {
    format!("conformance-{}", Uuid::now_v7())
}

async fn a_vanished_group_is_made_anew(bench: &Bench, client: &Client) {
    let name = name();
    let stream = bench.named(&name);
    stream.prepare().await.expect("prepares");
    let token = own(&*stream).await;
    fill(&*stream, &["a", "b"]).await;
    stream.read_new(token, 1).await.expect("reads");
    run(
        client,
        "XGROUP",
        &["DESTROY", &name, BACKGROUND_CONSUMER_GROUP],
    )
    .await;
    let figures = stream.statistics().await.expect("figures");
    assert_eq!(
        (figures.len, figures.pending, figures.last_delivered),
        (2, 0, None)
    );
    stream
        .wait(std::time::Duration::from_secs(5))
        .await
        .expect("does not wait");
    assert_eq!(
        texts(&stream.read_new(token, 10).await.expect("reads")),
        ["a", "b"],
        "from the beginning"
    );

    run(
        client,
        "XGROUP",
        &["DESTROY", &name, BACKGROUND_CONSUMER_GROUP],
    )
    .await;
    assert_eq!(
        stream.read_pending(token, EntryId::default(), 10).await,
        Ok(Vec::new()),
        "nothing is pending"
    );
    assert_eq!(
        texts(&stream.read_new(token, 10).await.expect("reads")),
        ["a", "b"]
    );
}

async fn a_vanished_stream_is_made_anew(bench: &Bench, client: &Client) {
    let name = name();
    let stream = bench.named(&name);
    let token = own(&*stream).await;
    fill(&*stream, &["lost"]).await;
    let entries = stream
        .read_new(token, 1)
        .await
        .expect("reads though nobody prepared it");
    run(client, "DEL", &[&name]).await;
    stream
        .acknowledge(token, &entries)
        .await
        .expect("there is nothing to acknowledge");
    assert_eq!(
        stream.read_pending(token, EntryId::default(), 10).await,
        Ok(Vec::new())
    );
    run(client, "DEL", &[&name]).await;
    assert_eq!(stream.read_new(token, 10).await, Ok(Vec::new()));
    fill(&*stream, &["new"]).await;
    assert_eq!(
        texts(&stream.read_new(token, 10).await.expect("reads")),
        ["new"]
    );
}

async fn entries_that_were_passed_over_are_delivered(bench: &Bench, client: &Client) {
    let name = name();
    let stream = bench.named(&name);
    stream.prepare().await.expect("prepares");
    let token = own(&*stream).await;
    let ids = fill(&*stream, &["a", "b", "c"]).await;
    let set = |id: String| async move {
        let words = ["SETID", &name, BACKGROUND_CONSUMER_GROUP, &id];
        run(client, "XGROUP", &words).await;
    };
    set(ids[1].to_string()).await;
    assert_eq!(
        texts(&stream.read_new(token, 1).await.expect("reads")),
        ["c"]
    );
    let pending = || stream.read_pending(token, EntryId::default(), 10);
    assert_eq!(texts(&pending().await.expect("reads")), ["c"]);
    assert_eq!(stream.read_new(token, 9).await, Ok(Vec::new()));
    let read = pending().await.expect("reads");
    stream
        .acknowledge(token, &read)
        .await
        .expect("acknowledges");
    assert_eq!(pending().await, Ok(Vec::new()), "nothing is pending");
    let read = stream.read_new(token, 9).await.expect("reads");
    assert_eq!(
        texts(&read),
        ["a", "b"],
        "as it is looked for what is pending"
    );
    stream
        .acknowledge(token, &read)
        .await
        .expect("acknowledges");
    assert_eq!(stream.statistics().await.expect("figures").len, 0);
}

/// As behind a failover that forgot entries, or a stream that was deleted, with a clock that went back.
async fn an_id_that_came_back_is_another_entry(bench: &Bench, client: &Client) {
    for (by_hand, read_again) in [(false, false), (false, true), (true, false), (true, true)] {
        let name = name();
        let stream = bench.named(&name);
        stream.prepare().await.expect("prepares");
        let token = own(&*stream).await;
        let ids = fill(&*stream, &["old one", "old two"]).await;
        let old = stream.read_new(token, 10).await.expect("reads");
        run(client, "DEL", &[&name]).await;
        for (id, text) in ids.iter().zip(["new one", "new two"]) {
            run(client, "XADD", &[&name, &id.to_string(), "f", text]).await;
        }
        if by_hand {
            // By another program that consumes, say.
            stream.prepare().await.expect("prepares");
        }
        if read_again {
            let new = stream.read_new(token, 10).await.expect("reads");
            assert_eq!(texts(&new), ["new one", "new two"]);
        }
        stream.acknowledge(token, &old).await.expect("answers");
        let left = stream.peek(EntryId::default(), 10).await.expect("peeks");
        assert_eq!(
            texts(&left),
            ["new one", "new two"],
            "group made by hand: {by_hand}, read again: {read_again}"
        );
    }
}

async fn an_entry_deleted_while_pending_says_so(bench: &Bench, client: &Client) {
    let name = name();
    let stream = bench.named(&name);
    let token = own(&*stream).await;
    let ids = fill(&*stream, &["a", "b"]).await;
    stream.read_new(token, 2).await.expect("reads");
    run(client, "XDEL", &[&name, &ids[0].to_string()]).await;
    let pending = stream
        .read_pending(token, EntryId::default(), 10)
        .await
        .expect("reads");
    assert_eq!(
        pending
            .iter()
            .map(|entry| entry.deleted)
            .collect::<Vec<_>>(),
        [true, false]
    );
    assert!(pending[0].frames.is_empty());
    stream
        .acknowledge(token, &pending)
        .await
        .expect("acknowledges");
    assert_eq!(stream.statistics().await.expect("figures").pending, 0);
}

async fn an_entry_of_others_is_set_aside_whole(bench: &Bench, client: &Client) {
    let name = name();
    let stream = bench.named(&name);
    let token = own(&*stream).await;
    run(
        client,
        "XADD",
        &[&name, "*", "sql", "DROP TABLE users", "f", "frame", "f", ""],
    )
    .await;
    let many: Vec<String> = (0..6000)
        .flat_map(|place| [format!("n{place}"), "v".to_owned()])
        .collect();
    let words: Vec<_> = [name.as_str(), "*"]
        .into_iter()
        .chain(many.iter().map(String::as_str))
        .collect();
    run(client, "XADD", &words).await;
    let entries = stream.read_new(token, 10).await.expect("reads");
    assert_eq!(
        entries[0].frames,
        [b"frame".to_vec(), Vec::new()],
        "the fields that are frames"
    );
    assert!(
        entries[1].frames.is_empty() && !entries[1].deleted,
        "there, and without any"
    );
    for entry in &entries {
        stream
            .set_aside(token, entry, "none of ours")
            .await
            .expect("sets aside");
    }
    let aside = stream.read_aside(10).await.expect("reads");
    assert_eq!(
        aside[0].frames,
        [
            b"frame".to_vec(),
            Vec::new(),
            b"sql=DROP TABLE users".to_vec()
        ]
    );
    let fields: usize = aside[1..].iter().map(|entry| entry.frames.len()).sum();
    assert_eq!(fields, 6000, "in pieces, and none is lost");
    assert!(
        aside[1..]
            .iter()
            .all(|entry| entry.original == entries[1].id && entry.reason == "none of ours")
    );
    assert_eq!(stream.statistics().await.expect("figures").len, 0);
}

async fn entries_delivered_to_strangers_are_the_owners(bench: &Bench, client: &Client) {
    let name = name();
    let stream = bench.named(&name);
    stream.prepare().await.expect("prepares");
    let token = own(&*stream).await;
    let frames: Vec<_> = (0..2500).map(|number| number.to_string()).collect();
    fill(
        &*stream,
        &frames.iter().map(String::as_str).collect::<Vec<_>>(),
    )
    .await;
    stream.read_new(token, 1).await.expect("reads");
    run(
        client,
        "XREADGROUP",
        &[
            "GROUP",
            BACKGROUND_CONSUMER_GROUP,
            "somebody",
            "COUNT",
            "2498",
            "STREAMS",
            &name,
            ">",
        ],
    )
    .await;
    let mut found = Vec::new();
    loop {
        let after = found.last().copied().unwrap_or_default();
        let some = stream
            .read_pending(token, after, 1000)
            .await
            .expect("reads");
        found.extend(some.iter().map(|entry| entry.id));
        if some.is_empty() {
            break;
        }
    }
    assert_eq!(found.len(), 2499);
    assert!(found.is_sorted());
    assert_eq!(
        texts(&stream.read_new(token, 10).await.expect("reads")),
        ["2499"]
    );
}

async fn a_forgotten_script_is_taught_again(bench: &Bench, client: &Client) {
    let (stream, token) = bench.owned().await;
    run(client, "SCRIPT", &["FLUSH"]).await;
    stream.beat(token).await.expect("beats");
}

async fn a_lease_that_is_none_is_nobodys(bench: &Bench, client: &Client) {
    let name = name();
    let stream = bench.named(&name);
    let lease = format!("{{{name}}}:lease");
    for fields in [
        ["token", "x", "beat", "1"],
        ["token", "01890000-0000-7000-8000-000000000000", "beat", "-"],
    ] {
        run(
            client,
            "HSET",
            &[&[lease.as_str()], fields.as_slice()].concat(),
        )
        .await;
        assert_eq!(stream.lease().await, Ok(None));
        let token = Uuid::now_v7();
        assert_eq!(stream.acquire(None, token).await, Ok(true));
        stream.beat(token).await.expect("beats");
    }
}

async fn a_key_of_another_type_is_refused(bench: &Bench, client: &Client) {
    let name = name();
    let stream = bench.named(&name);
    run(client, "SET", &[&name, "none of a stream"]).await;
    let token = own(&*stream).await;
    let refused = |result: Result<(), StreamError>| {
        let error = result.expect_err("it is no stream");
        assert!(matches!(&error, StreamError::Refused { .. }), "{error}");
        assert!(error.to_string().contains("wrong kind of value"), "{error}");
    };
    refused(stream.append(&[vec![1].into()]).await.map(drop));
    refused(stream.prepare().await);
    refused(stream.read_new(token, 1).await.map(drop));
    refused(
        stream
            .read_pending(token, EntryId::default(), 1)
            .await
            .map(drop),
    );
    refused(stream.statistics().await.map(drop));
    refused(stream.peek(EntryId::default(), 1).await.map(drop));
    run(client, "DEL", &[&name]).await;
}

async fn the_policy_is_told(client: &Client) {
    let policy = client.policy().await.expect("the policy");
    assert!(policy.supported, "{policy:?}");
    assert_eq!(policy.eviction, Eviction::Never);
}
