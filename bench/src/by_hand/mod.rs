//! What somebody writes who has no beeorm: sqlx and fred by hand, as well as we can. No inbox, no dead letters, and
//! no order among what touches one row.

pub(crate) mod drain;
pub(crate) mod inserts;
pub(crate) mod payload;
pub(crate) mod stream;
pub(crate) mod updates;

use std::str::FromStr;

use fred::{
    clients::Client,
    interfaces::ClientLike,
    types::{
        Builder,
        config::{Config, TcpConfig},
    },
};
use sqlx::{ConnectOptions, MySqlConnection, mysql::MySqlConnectOptions};

use crate::Fallible;

/// Its stream.
pub(crate) const STREAM: &str = "beeorm-bench:bare";

/// A connection with room for every statement that is prepared on it: else the driver stalls for 40 ms.
pub(crate) async fn sql(url: &str) -> Fallible<MySqlConnection> {
    let options = MySqlConnectOptions::from_str(url)?
        .statement_cache_capacity(1000)
        .disable_statement_logging();
    Ok(options.connect().await?)
}

/// A client that sends a command once: an append whose answer is lost must not be appended again.
pub(crate) async fn redis(url: &str) -> Fallible<Client> {
    let mut builder = Builder::from_config(Config::from_url(url)?);
    builder.with_connection_config(|connection| {
        connection.max_command_attempts = 1;
        connection.tcp = TcpConfig {
            nodelay: Some(true),
            ..TcpConfig::default()
        };
    });
    let client = builder.build()?;
    client.init().await?;
    Ok(client)
}
