//! A master, its replica, and three sentinels that watch them: the same processes on this machine and in a container.

use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use crate::{Sentinels, Trouble, ask};

const STARTING: Duration = Duration::from_secs(30);

/// What the sentinels call their master.
pub(crate) const SERVICE: &str = "beeorm";

/// One of the five.
#[derive(Debug)]
pub(crate) struct Member {
    /// Of its folder.
    pub(crate) name: String,
    pub(crate) configuration: String,
    /// Behind the configuration's path.
    pub(crate) arguments: &'static [&'static str],
}

/// Master, replica, then the sentinels, on these ports; `bind` is where they listen, and all of them meet at 127.0.0.1.
pub(crate) fn members(ports: [u16; 5], folder: &Path, bind: &str) -> Vec<Member> {
    let [master, ..] = ports;
    let member = |(place, port): (usize, &u16)| {
        let name = match place {
            0 => "master".to_owned(),
            1 => "replica".to_owned(),
            _ => format!("sentinel-{place}"),
        };
        let mut lines = vec![
            format!("port {port}"),
            format!("bind {bind}"),
            "protected-mode no".to_owned(),
            format!("dir {}", folder.join(&name).display()),
        ];
        if place < 2 {
            let options = crate::redis_options(false);
            lines.extend(options.chunks(2).map(|option| {
                let value = if option[1].is_empty() {
                    "\"\""
                } else {
                    option[1]
                };
                format!("{} {value}", option[0].trim_start_matches('-'))
            }));
            lines.push("replica-announce-ip 127.0.0.1".to_owned());
            lines.push(format!("replica-announce-port {port}"));
            lines.push("repl-diskless-sync-delay 0".to_owned());
            if place == 1 {
                lines.push(format!("replicaof 127.0.0.1 {master}"));
            }
        } else {
            lines.push("sentinel announce-ip 127.0.0.1".to_owned());
            lines.push(format!("sentinel announce-port {port}"));
            lines.push(format!("sentinel monitor {SERVICE} 127.0.0.1 {master} 2"));
            lines.push(format!("sentinel down-after-milliseconds {SERVICE} 1000"));
            lines.push(format!("sentinel failover-timeout {SERVICE} 4000"));
        }
        Member {
            name,
            configuration: lines.join("\n") + "\n",
            arguments: if place < 2 { &[] } else { &["--sentinel"] },
        }
    };
    ports.iter().enumerate().map(member).collect()
}

/// Runs them all in one container, so that they reach each other as the tests reach them.
pub(crate) fn script(members: &[Member], folder: &Path) -> String {
    let mut script = String::new();
    for Member {
        name,
        configuration,
        arguments,
    } in members
    {
        let home = folder.join(name);
        let (home, arguments) = (home.display(), arguments.join(" "));
        // Writing to a String cannot fail.
        let _ = write!(
            script,
            "mkdir -p {home}\ncat > {home}/redis.conf <<'END'\n{configuration}END\n\
             redis-server {home}/redis.conf {arguments} &\n"
        );
    }
    script + "wait\n"
}

/// Waits until the sentinels know each other and the replica, without which there is no failover.
pub(crate) async fn ready(ports: [u16; 5], container: String) -> Result<Sentinels, Trouble> {
    let sentinels = &ports[2..];
    for port in sentinels {
        let address = format!("127.0.0.1:{port}");
        let known = ["num-slaves", "1", "num-other-sentinels", "2"];
        ask::sentinel(&address, SERVICE, known, STARTING)
            .await
            .map_err(|error| Trouble::Failed(format!("the sentinel at {address}: {error}")))?;
    }
    let addresses = sentinels.iter().map(|port| format!("127.0.0.1:{port}"));
    Ok(Sentinels {
        addresses: addresses.collect::<Vec<_>>().join(","),
        container,
    })
}
