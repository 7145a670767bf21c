//! A server as something that can be killed, started again, paused and resumed.

use std::io;
use std::process::Child;

use testcontainers_modules::testcontainers::bollard::query_parameters::{
    KillContainerOptions, StartContainerOptions,
};
use testcontainers_modules::testcontainers::core::client::docker_client_instance;

use crate::guard::Guard;

/// What a server runs as.
pub(crate) enum Machine {
    /// A process of this program's, by its number with the guard, and how to start another on the same data.
    Process {
        number: usize,
        start: Box<dyn Fn() -> io::Result<Child>>,
    },
    /// A container, by its id.
    Container(String),
    /// Somebody else runs it.
    Given,
}

/// What can be done to a server.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Order {
    /// As `kill -9` does.
    Kill,
    /// On the same port, with the same data.
    Start,
    /// As SIGSTOP does: it answers nothing, and its connections stay open.
    Pause,
    Resume,
}

impl Machine {
    pub(crate) fn process(number: usize, start: impl Fn() -> io::Result<Child> + 'static) -> Self {
        let start = Box::new(start);
        Self::Process { number, start }
    }

    pub(crate) async fn obey(&mut self, order: Order, guard: &mut Guard) -> Result<(), String> {
        match self {
            Self::Process { number, start } => {
                let done = match order {
                    Order::Kill => guard.kill(*number),
                    Order::Start => start()
                        .and_then(|child| guard.process(child))
                        .map(|started| *number = started),
                    Order::Pause => guard.signal(*number, "STOP"),
                    Order::Resume => guard.signal(*number, "CONT"),
                };
                done.map_err(|error| error.to_string())
            }
            Self::Container(id) => in_docker(id, order).await,
            Self::Given => Err("this server is somebody else's".to_owned()),
        }
    }
}

async fn in_docker(id: &str, order: Order) -> Result<(), String> {
    let docker = docker_client_instance()
        .await
        .map_err(|error| error.to_string())?;
    let done = match order {
        // SIGKILL unless said.
        Order::Kill => {
            docker
                .kill_container(id, None::<KillContainerOptions>)
                .await
        }
        Order::Start => {
            docker
                .start_container(id, None::<StartContainerOptions>)
                .await
        }
        Order::Pause => docker.pause_container(id).await,
        Order::Resume => docker.unpause_container(id).await,
    };
    done.map_err(|error| error.to_string())
}

impl std::fmt::Debug for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Process { number, .. } => write!(f, "process {number}"),
            Self::Container(id) => write!(f, "container {id}"),
            Self::Given => f.write_str("given"),
        }
    }
}
