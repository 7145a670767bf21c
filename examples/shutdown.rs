//! SIGTERM and Ctrl-C, for the examples that run until they are told to stop.

use std::io;

use tokio::sync::oneshot;

/// Listens from now on; the future is ready at the first signal. The second one ends the process at once.
pub(crate) fn requested() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    let mut signals = Signals::listen()?;
    let (tell, told) = oneshot::channel();
    tokio::spawn(async move {
        signals.next().await;
        // Nobody may be waiting any more: then the process is about to end anyway.
        let _ = tell.send(());
        signals.next().await;
        std::process::exit(1);
    });
    Ok(async {
        let _ = told.await;
    })
}

#[cfg(unix)]
struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

#[cfg(windows)]
struct Signals(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Signals {
    fn listen() -> io::Result<Self> {
        tokio::signal::windows::ctrl_c().map(Self)
    }

    async fn next(&mut self) {
        self.0.recv().await;
    }
}
