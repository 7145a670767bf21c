use std::{pin::pin, time::Duration};

use fred::{
    clients::Client as Fred,
    interfaces::{ClientLike, EventInterface},
    types::{
        Builder, ClusterHash, CustomCommand,
        config::{Config, Options, ReconnectPolicy, Server, TcpConfig},
    },
};
use futures_util::future::{Either, select};
use tokio::{sync::broadcast::Receiver, task::AbortHandle};

use super::{Arguments, RedisError, RedisOptions, Reply, pulse::Pulse};

/// At so many beats in a row a connection is down that is given up.
const DOWN: u32 = 3;

/// One connection, kept up by a task of fred's, which ends with it.
pub(super) struct Connection {
    fred: Fred,
    task: AbortHandle,
    pulse: Pulse,
}

impl Connection {
    /// Connects, and fails if that does not succeed at once.
    pub(super) async fn open(config: &Config, options: &RedisOptions) -> Result<Self, RedisError> {
        Self::init(fred(config, options, true, Reconnects::Always)?, options).await
    }

    /// Connects, and fails if that does not succeed at once; never connects again, so that all that is sent on it
    /// goes to one server in the order in which it was sent.
    pub(super) async fn open_once(
        config: &Config,
        options: &RedisOptions,
    ) -> Result<Self, RedisError> {
        Self::init(fred(config, options, true, Reconnects::Never)?, options).await
    }

    async fn init(fred: Fred, options: &RedisOptions) -> Result<Self, RedisError> {
        let task = fred
            .init()
            .await
            .map_err(|error| RedisError::of_connection(&error))?
            .abort_handle();
        Ok(Self::new(fred, task, options))
    }

    /// Connects in the background, as long as it takes.
    pub(super) fn start(config: &Config, options: &RedisOptions) -> Result<Self, RedisError> {
        let fred = fred(config, options, false, Reconnects::Always)?;
        let task = fred.connect().abort_handle();
        Ok(Self::new(fred, task, options))
    }

    fn new(fred: Fred, task: AbortHandle, options: &RedisOptions) -> Self {
        let pulse = Pulse::start(&options.runtime, options.command_timeout);
        Self { fred, task, pulse }
    }

    /// Sends a command once, and at once or not at all: a connection that is down is not waited for.
    pub(super) async fn send(
        &self,
        command: &'static str,
        arguments: Arguments,
        timeout: Duration,
    ) -> Result<Reply, RedisError> {
        let options = Options {
            max_attempts: Some(1),
            // The pulse has the patience.
            timeout: None,
            fail_fast: true,
            ..Options::default()
        };
        let command = CustomCommand::new_static(command, ClusterHash::FirstKey, false);
        let fred = self.fred.with_options(&options);
        let answer = pin!(fred.custom_raw(command, arguments.into_values()));
        match select(answer, pin!(self.given_up(timeout))).await {
            Either::Left((answer, _)) => {
                Reply::of(answer.map_err(|error| RedisError::of_command(&error))?)
            }
            Either::Right(((), _)) => Err(RedisError::TimedOut),
        }
    }

    pub(super) fn is_connected(&self) -> bool {
        // Without a policy to connect again, fred's task ends with the connection, and its state stays as it was.
        self.fred.is_connected() && !self.task.is_finished()
    }

    /// Returns when the time is over, or the connection has been down for a while.
    ///
    /// What was sent has failed by then. What was handed to fred between the break and its noticing stands in
    /// its queue, to be sent whenever the server is back: nobody waits for that.
    async fn given_up(&self, timeout: Duration) {
        let mut beats = 0;
        let is_down = || {
            beats = if self.is_connected() { 0 } else { beats + 1 };
            beats >= DOWN
        };
        self.pulse.wait(timeout, is_down).await;
    }

    /// Tells of each time that it connects from now on.
    pub(super) fn connects(&self) -> Receiver<Server> {
        self.fred.reconnect_rx()
    }

    /// Ends the connection in an orderly way, within the time given.
    pub(super) async fn close(&self, at_most: Duration) {
        // If it does not end so, it ends the other way.
        let _ = tokio::time::timeout(at_most, self.fred.quit()).await;
        self.cut();
    }

    /// Ends it at once; what was sent and not answered is lost.
    pub(super) fn cut(&self) {
        self.task.abort();
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.cut();
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Reconnects {
    Always,
    Never,
}

fn fred(
    config: &Config,
    options: &RedisOptions,
    fail_at_once: bool,
    reconnects: Reconnects,
) -> Result<Fred, RedisError> {
    let mut builder = Builder::from_config(Config {
        fail_fast: fail_at_once,
        ..config.clone()
    });
    builder.with_connection_config(|connection| {
        connection.connection_timeout = options.connect_timeout;
        connection.internal_command_timeout = options.connect_timeout;
        // A command whose answer was lost is never sent again: it may have appended.
        connection.max_command_attempts = 1;
        connection.tcp = TcpConfig {
            nodelay: Some(true),
            ..TcpConfig::default()
        };
    });
    if reconnects == Reconnects::Always {
        // The first delay is short, as what is sent in it stands in fred's queue.
        let mut policy = ReconnectPolicy::new_exponential(0, 1, 1_000, 2);
        policy.set_jitter(5);
        builder.set_policy(policy);
    }
    builder
        .build()
        .map_err(|error| RedisError::of_connection(&error))
}
