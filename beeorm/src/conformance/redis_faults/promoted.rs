//! A replica that is promoted while connections to the server that it copied stay open.

use std::{sync::Arc, time::Duration};

use uuid::Uuid;

use super::{bench::FSYNC, proxy::Proxy, retry};
use crate::{
    BACKGROUND_CONSUMER_GROUP,
    redis::{self, Arguments, Client, RedisOptions},
    stream::{Entry, Stream, StreamError, redis::RedisStream},
};

/// Runs the suite on two servers that serve nobody else.
pub async fn redis_failover(urls: [&str; 2]) {
    a_server_that_became_a_replica_is_left(urls).await;
    a_server_that_serves_nothing_stale_is_left(urls).await;
    a_reader_follows_its_client(urls).await;
    what_another_server_has_is_read_there(urls).await;
    that_every_write_is_on_disk_is_believed_of_one_server_only(urls).await;
}

/// Connections are numbered in the order in which they were made.
const CLIENT: usize = 0;
const READER: usize = 1;

struct Pair {
    addresses: [String; 2],
    clients: [Client; 2],
    proxy: Proxy,
    stream: RedisStream,
    owner: Uuid,
}

impl Pair {
    /// The second server copies the first one, at which the stream is owned and was read once.
    async fn new(urls: [&str; 2]) -> Self {
        let [first, second] = urls.map(|url| RedisOptions::new("lazy", url));
        let open = async |options| redis::open(&options).await.expect("opens");
        let clients = [open(first).await, open(second).await];
        let addresses = urls.map(|url| url.trim_start_matches("redis://").to_owned());
        let proxy = Proxy::to(&addresses[0]);
        let mut options = RedisOptions::new("lazy", proxy.url());
        options.command_timeout = Duration::from_secs(2);
        let client = redis::open(&options).await.expect("opens");
        let name = format!("failover-{}", Uuid::now_v7());
        let stream = RedisStream::new(Arc::new(client), &name, BACKGROUND_CONSUMER_GROUP);
        let owner = Uuid::now_v7();
        let pair = Self {
            addresses,
            clients,
            proxy,
            stream,
            owner,
        };
        pair.promote(0).await;
        pair.copies(1, &pair.addresses[0]).await;
        pair.until_copied().await;
        pair.stream.prepare().await.expect("prepares");
        assert_eq!(pair.stream.acquire(None, owner).await, Ok(true));
        assert_eq!(pair.read().await, [] as [&str; 0]);
        pair
    }

    async fn ask(&self, place: usize, name: &'static str, words: &str) {
        let arguments = Arguments::new();
        let arguments = words.split(' ').fold(arguments, Arguments::text);
        retry(|| self.clients[place].command(name, arguments.clone())).await;
    }

    async fn promote(&self, place: usize) {
        self.ask(place, "REPLICAOF", "NO ONE").await;
    }

    async fn copies(&self, place: usize, address: &str) {
        let (host, port) = address.rsplit_once(':').expect("an address");
        self.ask(place, "REPLICAOF", &format!("{host} {port}"))
            .await;
    }

    async fn until_copied(&self) {
        for _ in 0..200 {
            let info = self.clients[1].command("INFO", Arguments::new().text("replication"));
            let info = info.await.expect("tells").into_text().expect("text");
            if info.contains("master_link_status:up") {
                // WAIT speaks of what its own connection wrote, and so of what was before that.
                self.ask(0, "SET", "failover now").await;
                self.ask(0, "WAIT", "1 5000").await;
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the second server does not copy the first one");
    }

    /// The second server takes over; what is connected with the first one stays so.
    async fn fail_over(&self) {
        self.until_copied().await;
        self.promote(1).await;
        self.proxy.retarget(&self.addresses[1]);
    }

    async fn append(&self, frame: &'static str) {
        let frames = [frame.into()];
        retry(|| self.stream.append(&frames)).await;
    }

    async fn entries(&self) -> Vec<Entry> {
        let read = self.stream.read_new(self.owner, 9).await;
        read.expect("reads")
    }

    async fn read(&self) -> Vec<String> {
        let text = |entry: &Entry| String::from_utf8_lossy(&entry.frames.concat()).into_owned();
        self.entries().await.iter().map(text).collect()
    }

    async fn end(self) {
        self.promote(0).await;
        self.promote(1).await;
    }
}

async fn a_server_that_became_a_replica_is_left(urls: [&str; 2]) {
    let pair = Pair::new(urls).await;
    pair.append("a").await;
    let read = pair.entries().await;
    assert!(read.iter().all(|entry| entry.reading > 0), "{read:?}");
    let durable = match pair.stream.prepare_fsync(FSYNC).await {
        Err(StreamError::NoFsync { .. }) => false,
        prepared => prepared.is_ok(),
    };
    pair.fail_over().await;
    pair.copies(0, &pair.addresses[1]).await;
    let more = ["b".into()];
    if durable {
        retry(|| pair.stream.append_fsynced(&more, FSYNC)).await;
    }
    retry(|| pair.stream.acknowledge(pair.owner, &read)).await;
    let left = pair.stream.len().await;
    assert_eq!(left, Ok(u64::from(durable)), "it was taken off");
    pair.end().await;
}

async fn a_server_that_serves_nothing_stale_is_left(urls: [&str; 2]) {
    let pair = Pair::new(urls).await;
    pair.fail_over().await;
    pair.ask(0, "CONFIG", "SET replica-serve-stale-data no")
        .await;
    pair.copies(0, "127.0.0.1:1").await;
    let length = retry(|| pair.stream.len()).await;
    assert_eq!(length, 0);
    pair.ask(0, "CONFIG", "SET replica-serve-stale-data yes")
        .await;
    pair.end().await;
}

/// Both servers take what they are given.
async fn a_reader_follows_its_client(urls: [&str; 2]) {
    let pair = Pair::new(urls).await;
    pair.fail_over().await;
    pair.proxy.cut_one(CLIENT);
    pair.append("a").await;
    assert_eq!(pair.read().await, ["a"]);
    pair.end().await;
}

async fn what_another_server_has_is_read_there(urls: [&str; 2]) {
    let pair = Pair::new(urls).await;
    let moment = Duration::from_millis(50);
    pair.stream.wait(moment).await.expect("waits");
    pair.fail_over().await;
    pair.proxy.cut_one(READER);
    // It may be a moment until the reader sees that its connection is gone.
    let read = retry(|| pair.stream.read_new(pair.owner, 9)).await;
    assert_eq!(read, []);
    pair.append("a").await;
    pair.stream.wait(moment).await.expect("waits");
    assert_eq!(pair.read().await, ["a"], "there is one, as it was seen");
    pair.end().await;
}

/// Nothing on servers that can tell when something is on disk: there this one's settings are not believed.
async fn that_every_write_is_on_disk_is_believed_of_one_server_only(urls: [&str; 2]) {
    let pair = Pair::new(urls).await;
    let refused = pair.stream.prepare_fsync(FSYNC).await;
    if !matches!(refused, Err(StreamError::NoFsync { .. })) {
        return pair.end().await;
    }
    pair.ask(0, "CONFIG", "SET appendfsync always").await;
    pair.stream.prepare_fsync(FSYNC).await.expect("it does");
    let frames = ["a".into()];
    let appended = pair.stream.append_fsynced(&frames, FSYNC).await;
    assert_eq!(appended.expect("appends").shortfall, None);
    pair.fail_over().await;
    pair.proxy.shut();
    pair.proxy.reopen();
    let mut refusals = 0;
    for _ in 0..100 {
        match pair.stream.append_fsynced(&frames, FSYNC).await {
            Ok(appended) => assert!(appended.shortfall.is_some(), "it synchronizes each second"),
            Err(StreamError::NoFsync { .. }) => refusals += 1,
            Err(StreamError::Unavailable { .. } | StreamError::OutcomeUnknown { .. }) => {}
            Err(error) => panic!("{error}"),
        }
        if refusals == 3 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(refusals, 3);
    pair.ask(1, "CONFIG", "SET appendfsync always").await;
    let appended = pair.stream.append_fsynced(&frames, FSYNC).await;
    assert_eq!(appended.expect("appends").shortfall, None);
    for place in 0..2 {
        pair.ask(place, "CONFIG", "SET appendfsync everysec").await;
    }
    pair.end().await;
}
