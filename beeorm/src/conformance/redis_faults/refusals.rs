use std::sync::Arc;

use uuid::Uuid;

use super::{late, proxy::Proxy};
use crate::{
    BACKGROUND_CONSUMER_GROUP,
    redis::{self, Arguments, Client, Eviction, Persistence, RedisError, RedisOptions},
    stream::{Entry, EntryId, Stream, StreamError, redis::RedisStream},
};

/// Runs the suite on a server that serves nobody else: its settings are changed, and back again.
pub async fn redis_refusals(url: &str) {
    let client = Arc::new(
        redis::open(&RedisOptions::new("lazy", url))
            .await
            .expect("opens"),
    );
    a_server_out_of_memory_refuses_and_is_drained(&client).await;
    a_replica_refuses(&client).await;
    a_server_that_takes_no_connections_is_read(&client).await;
    what_a_user_may_not_is_refused(&client, url).await;
    the_policy_is_told(&client).await;
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

fn stream(client: &Arc<Client>) -> RedisStream {
    RedisStream::new(
        Arc::clone(client),
        &format!("refusals-{}", Uuid::now_v7()),
        BACKGROUND_CONSUMER_GROUP,
    )
}

async fn a_server_out_of_memory_refuses_and_is_drained(client: &Arc<Client>) {
    let stream = stream(client);
    for _ in 0..3 {
        stream
            .append(&[vec![1; 1000].into()])
            .await
            .expect("appends");
    }
    run(client, "CONFIG", &["SET", "maxmemory", "1"]).await;
    run(client, "SCRIPT", &["FLUSH"]).await;
    let refused = stream.append(&[vec![1].into()]).await;
    assert!(
        matches!(refused, Err(StreamError::OutOfMemory { .. })),
        "{refused:?}"
    );
    // A consumer that comes only now is who gives the memory back.
    stream.prepare().await.expect("prepares");
    let token = Uuid::now_v7();
    assert_eq!(stream.acquire(None, token).await, Ok(true));
    let seen = stream.lease().await.expect("lease");
    let token = Uuid::now_v7();
    assert_eq!(
        stream.acquire(seen.as_ref(), token).await,
        Ok(true),
        "from a dead owner too"
    );
    stream.beat(token).await.expect("beats");
    let entries = stream.read_new(token, 10).await.expect("reads");
    assert_eq!(entries.len(), 3);
    let ids = |entries: &[Entry]| entries.iter().map(|entry| entry.id).collect::<Vec<_>>();
    let pending = stream.read_pending(token, EntryId::default(), 10).await;
    assert_eq!(ids(&pending.expect("reads")), ids(&entries));
    stream
        .set_aside(token, &entries[0], "aside")
        .await
        .expect("sets aside");
    stream
        .acknowledge(token, &entries[1..])
        .await
        .expect("acknowledges");
    assert_eq!(stream.statistics().await.expect("figures").len, 0);
    stream.release(token).await.expect("releases");
    run(client, "CONFIG", &["SET", "maxmemory", "0"]).await;
    stream.append(&[vec![1].into()]).await.expect("appends");
}

async fn a_replica_refuses(client: &Arc<Client>) {
    let stream = stream(client);
    stream.append(&[vec![1].into()]).await.expect("appends");
    run(client, "REPLICAOF", &["127.0.0.1", "1"]).await;
    let refused = stream.append(&[vec![1].into()]).await;
    assert!(
        matches!(refused, Err(StreamError::Unavailable { .. })),
        "{refused:?}"
    );
    let refused = stream.prepare().await;
    assert!(
        matches!(refused, Err(StreamError::Unavailable { .. })),
        "{refused:?}"
    );
    super::retry(|| client.command("REPLICAOF", Arguments::new().text("NO").text("ONE"))).await;
    let frames = [vec![1].into()];
    super::retry(|| stream.append(&frames)).await;
    assert_eq!(
        stream.statistics().await.expect("figures").len,
        2,
        "what was refused was not appended"
    );
}

/// What is not in a transaction is not guarded by what it watches.
async fn without_transactions_scripts_do_it(client: &Arc<Client>, url: &str) {
    run(client, "ACL", &["SETUSER", "guest", "+xadd", "-multi"]).await;
    let guest = redis::open(&RedisOptions::new("lazy", url)).await;
    let guest = stream(&Arc::new(guest.expect("opens")));
    let (owner, stranger) = (Uuid::now_v7(), Uuid::now_v7());
    guest.prepare().await.expect("prepares");
    assert_eq!(guest.acquire(None, owner).await, Ok(true));
    guest.append(&[vec![1].into()]).await.expect("appends");
    let refused = guest.read_new(stranger, 9).await;
    assert_eq!(refused, Err(StreamError::NotOwner));
    let read = loop {
        let read = guest.read_new(owner, 9).await.expect("reads");
        guest.acknowledge(owner, &read).await.expect("acknowledges");
        if read.iter().any(|entry| entry.frames == [vec![1]]) {
            break read;
        }
        assert!(!read.is_empty(), "it was delivered to nobody else");
    };
    assert!(read.iter().all(|entry| entry.reading == 0), "by a script");
    guest.release(owner).await.expect("releases");
}

/// It is told as that, and no other way is taken from then on.
async fn a_command_that_may_not_be_read_with_is_told(client: &Arc<Client>, url: &str) {
    run(
        client,
        "ACL",
        &["SETUSER", "guest", "+multi", "-xreadgroup"],
    )
    .await;
    let guest = redis::open(&RedisOptions::new("lazy", url)).await;
    let guest = stream(&Arc::new(guest.expect("opens")));
    let owner = Uuid::now_v7();
    guest.prepare().await.expect("prepares");
    assert_eq!(guest.acquire(None, owner).await, Ok(true));
    guest.append(&[vec![1].into()]).await.expect("appends");
    let refused = guest.read_new(owner, 9).await;
    assert!(
        matches!(&refused, Err(StreamError::Refused { reason, .. })
            if reason.contains("xreadgroup") && reason.contains("ACL SETUSER … +@connection +@stream")),
        "{refused:?}"
    );
    run(client, "ACL", &["SETUSER", "guest", "+xreadgroup"]).await;
    let read = guest.read_new(owner, 9).await.expect("reads");
    assert_eq!(read.len(), 1);
    assert!(read.iter().all(|entry| entry.reading != 0), "by no script");
    guest.release(owner).await.expect("releases");
}

/// A right that goes while a consumer runs: nothing is delivered that nobody reads.
async fn a_right_that_goes_passes_nothing_over(client: &Arc<Client>, url: &str) {
    let may = async |right: &str| run(client, "ACL", &["SETUSER", "guest", right]).await;
    may("+multi").await;
    let guest = redis::open(&RedisOptions::new("lazy", url)).await;
    let guest = stream(&Arc::new(guest.expect("opens")));
    guest.prepare().await.expect("prepares");
    let owner = Uuid::now_v7();
    assert_eq!(guest.acquire(None, owner).await, Ok(true));
    guest.append(&["a".into()]).await.expect("appends");
    let first = guest.read_new(owner, 9).await.expect("reads");
    assert!(first.iter().all(|entry| entry.reading > 0), "{first:?}");
    guest.append(&["b".into()]).await.expect("appends");
    may("-multi").await;
    let mut second = guest.read_new(owner, 9).await;
    if second.is_err() {
        second = guest.read_pending(owner, first[0].id, 9).await;
    }
    let second = second.expect("reads");
    let frames = second.iter().map(|entry| entry.frames.concat());
    assert_eq!(frames.collect::<Vec<_>>(), [b"b"]);
    let all = [first, second].concat();
    guest.acknowledge(owner, &all).await.expect("acknowledges");
    guest.release(owner).await.expect("releases");
}

async fn a_late_script_delivers_nothing(client: &Arc<Client>, url: &str) {
    run(client, "ACL", &["SETUSER", "guest", "-multi"]).await;
    let (account, address) = url.rsplit_once('@').expect("an account");
    let proxy = Proxy::to(address);
    let url = format!("{account}@{}", proxy.url().trim_start_matches("redis://"));
    let guest = redis::open(&RedisOptions::new("lazy", url)).await;
    let guest = stream(&Arc::new(guest.expect("opens")));
    late::on_connection(&proxy, &guest, 0).await;
}

/// What would be connected beside the client is not: its own connection does it, for as long as that is so.
async fn a_server_that_takes_no_connections_is_read(client: &Arc<Client>) {
    let stream = stream(client);
    stream.prepare().await.expect("prepares");
    let owner = Uuid::now_v7();
    assert_eq!(stream.acquire(None, owner).await, Ok(true));
    let readings = async || {
        stream.append(&["a".into()]).await.expect("appends");
        let read = stream.read_new(owner, 9).await.expect("reads");
        stream
            .acknowledge(owner, &read)
            .await
            .expect("acknowledges");
        read.iter().map(|entry| entry.reading).collect::<Vec<_>>()
    };
    run(client, "CONFIG", &["SET", "maxclients", "1"]).await;
    let full = [readings().await, readings().await];
    assert_eq!(full, [[0], [0]], "by scripts");
    run(client, "CONFIG", &["SET", "maxclients", "1000"]).await;
    let readings = readings().await;
    assert!(readings.iter().all(|reading| *reading > 0), "{readings:?}");
    stream.release(owner).await.expect("releases");
}

async fn what_a_user_may_not_is_refused(client: &Arc<Client>, url: &str) {
    run(
        client,
        "ACL",
        &[
            "SETUSER", "guest", "on", ">secret", "~*", "+@all", "-xadd", "-config",
        ],
    )
    .await;
    let url = |user: &str| url.replacen("redis://", &format!("redis://{user}@"), 1);
    let guest = redis::open(&RedisOptions::new("lazy", url("guest:secret")))
        .await
        .expect("opens");
    let policy = guest.policy().await.expect("a policy without CONFIG");
    assert!(
        policy.supported && policy.persistence != Persistence::Off,
        "{policy:?}"
    );
    let refused = stream(&Arc::new(guest)).append(&[vec![1].into()]).await;
    assert!(
        matches!(&refused, Err(StreamError::Refused { reason, .. }) if reason.contains("NOPERM")),
        "{refused:?}"
    );
    let wrong = redis::open(&RedisOptions::new("lazy", url("guest:wrong"))).await;
    assert!(
        matches!(&wrong, Err(RedisError::Refused(reason)) if reason.contains("WRONGPASS")),
        "{wrong:?}"
    );
    let absent = redis::open(&RedisOptions::new(
        "lazy",
        format!("{}/255", url("guest:secret")),
    ))
    .await;
    assert!(
        matches!(&absent, Err(RedisError::Refused(reason)) if reason.contains("out of range")),
        "{absent:?}"
    );
    without_transactions_scripts_do_it(client, &url("guest:secret")).await;
    a_command_that_may_not_be_read_with_is_told(client, &url("guest:secret")).await;
    a_right_that_goes_passes_nothing_over(client, &url("guest:secret")).await;
    a_late_script_delivers_nothing(client, &url("guest:secret")).await;
    run(client, "ACL", &["DELUSER", "guest"]).await;
    run(client, "CONFIG", &["SET", "requirepass", "secret"]).await;
    let locked = redis::open(&RedisOptions::new("lazy", url("").replace("@", ""))).await;
    assert!(
        matches!(&locked, Err(RedisError::Refused(reason)) if reason.contains("NOAUTH")),
        "{locked:?}"
    );
    run(client, "CONFIG", &["SET", "requirepass", ""]).await;
}

async fn the_policy_is_told(client: &Client) {
    for policy in ["noeviction", "volatile-lru", "allkeys-lru", "noeviction"] {
        run(client, "CONFIG", &["SET", "maxmemory-policy", policy]).await;
        let expected = if policy == "allkeys-lru" {
            Eviction::Evicts(policy.to_owned())
        } else {
            Eviction::Never
        };
        assert_eq!(client.policy().await.expect("a policy").eviction, expected);
    }
    run(client, "CONFIG", &["SET", "appendonly", "no"]).await;
    run(client, "CONFIG", &["SET", "save", ""]).await;
    assert_eq!(
        client.policy().await.expect("a policy").persistence,
        Persistence::Off
    );
    run(client, "CONFIG", &["SET", "appendonly", "yes"]).await;
    assert_eq!(
        client.policy().await.expect("a policy").persistence,
        Persistence::AppendOnly
    );
    run(client, "CONFIG", &["SET", "appendonly", "no"]).await;
}
