//! Orders from whoever started this program: `kill`, `start`, `pause` or `resume`, and `mysql` or `redis`, a line each.

use std::io::Write;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader, Lines, Stdin};

use crate::guard::Guard;
use crate::machine::Order;
use crate::{Servers, ask};

/// A killed server repairs its data first.
const STARTING: Duration = Duration::from_secs(60);

/// Standard input.
#[derive(Debug)]
pub(crate) struct Orders(Lines<BufReader<Stdin>>);

impl Orders {
    pub(crate) fn new() -> Self {
        Self(BufReader::new(tokio::io::stdin()).lines())
    }

    /// Waits for its end; an unreadable one is as good as a closed one.
    pub(crate) async fn end(&mut self) {
        while let Ok(Some(_)) = self.0.next_line().await {}
    }

    /// Does what it says until its end.
    pub(crate) async fn obey(&mut self, mut servers: Servers, guard: &mut Guard) {
        while let Ok(Some(line)) = self.0.next_line().await {
            let answer = match obey(&line, &mut servers, guard).await {
                Ok(()) => "done".to_owned(),
                Err(error) => format!("failed: {line}: {error}"),
            };
            let mut out = std::io::stdout().lock();
            if writeln!(out, "{answer}")
                .and_then(|()| out.flush())
                .is_err()
            {
                return;
            }
        }
    }
}

async fn obey(line: &str, servers: &mut Servers, guard: &mut Guard) -> Result<(), String> {
    let (order, server) = line.split_once(' ').unwrap_or((line, ""));
    let order = match order {
        "kill" => Order::Kill,
        "start" => Order::Start,
        "pause" => Order::Pause,
        "resume" => Order::Resume,
        _ => return Err("no such order".to_owned()),
    };
    let [mysql, redis] = &mut servers.machines;
    let machine = match server {
        "mysql" => mysql,
        "redis" => redis,
        _ => return Err("no such server".to_owned()),
    };
    machine.obey(order, guard).await?;
    match (order, server) {
        (Order::Start, "mysql") => ask::mysql_version(&servers.mysql, STARTING).await.map(drop),
        (Order::Start, _) => ask::redis_version(&servers.redis, STARTING).await.map(drop),
        _ => Ok(()),
    }
}
