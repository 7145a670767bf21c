//! A TCP proxy between the code under test and a server: the faults of a network, at moments that its user chooses.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};

/// What befalls a request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fault {
    /// It does not reach the server, and the connection is cut.
    LoseRequest,
    /// The server does what it says, and the connection is cut before the answer arrives.
    LoseAnswer,
    /// The proxy itself answers, as those before MySQL servers do when they reach none: `1105 (HY000)`.
    Refuse,
    /// The server does what it says, and the proxy answers in its place, as those before Redis servers do when they lose an
    /// answer: `upstream failure`.
    Deny,
    /// The server does what it says, and no answer passes on this connection any more, which stays open until the
    /// client hangs up.
    Silence,
}

/// Forwards to a server until it is told otherwise; ends, with its connections, when it is dropped.
#[derive(Debug)]
pub struct Proxy {
    /// `127.0.0.1:port`.
    address: String,
    line: Arc<Line>,
    listening: Option<JoinHandle<()>>,
}

/// What all connections share.
#[derive(Debug)]
struct Line {
    /// The server's `host:port`.
    server: String,
    rules: Mutex<Vec<Rule>>,
    delay: Mutex<Duration>,
    /// Counts how often all connections were cut.
    cuts: watch::Sender<u64>,
    /// Whether answers are kept back.
    holds: watch::Sender<bool>,
}

/// Keeps answers back while it lives.
#[derive(Debug)]
pub struct Held(Arc<Line>);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.holds.send_replace(false);
    }
}

#[derive(Debug)]
struct Rule {
    needle: Vec<u8>,
    fault: Fault,
    times: usize,
    hits: watch::Sender<usize>,
}

/// How often a rule has struck.
#[derive(Debug)]
pub struct Hits(watch::Receiver<usize>);

impl Hits {
    /// Whether it has struck.
    pub fn is_met(&self) -> bool {
        *self.0.borrow() > 0
    }

    /// Waits until it has struck so often.
    pub async fn reach(&mut self, times: usize) {
        let reached = tokio::time::timeout(
            Duration::from_secs(10),
            self.0.wait_for(|hits| *hits >= times),
        );
        reached
            .await
            .expect("the fault was never met")
            .expect("the proxy is there");
    }
}

impl Proxy {
    /// A proxy to the server of this URL, and the URL that leads through it.
    pub async fn before(url: &str) -> (Self, String) {
        let (scheme, rest) = url.split_once("://").expect("a URL");
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let (login, server) = authority
            .rsplit_once('@')
            .map_or(("", authority), |(_, host)| {
                (&authority[..=authority.len() - host.len() - 1], host)
            });
        let line = Arc::new(Line {
            server: server.to_owned(),
            rules: Mutex::default(),
            delay: Mutex::default(),
            cuts: watch::Sender::new(0),
            holds: watch::Sender::new(false),
        });
        let listener = listen().await;
        let address = listener.local_addr().expect("it is bound").to_string();
        let mut through = format!("{scheme}://{login}{address}{path}");
        if scheme == "mysql" {
            // Encrypted, it could not be looked into.
            through.push_str(if path.contains('?') {
                "&ssl-mode=disabled"
            } else {
                "?ssl-mode=disabled"
            });
        }
        let listening = Some(tokio::spawn(accept(listener, Arc::clone(&line))));
        (
            Self {
                address,
                line,
                listening,
            },
            through,
        )
    }

    /// Where it listens: `127.0.0.1:port`.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The next so many requests with these bytes in them meet the fault.
    pub fn on(&self, needle: impl Into<Vec<u8>>, fault: Fault, times: usize) -> Hits {
        let (hits, seen) = watch::channel(0);
        self.line.rules.lock().unwrap().push(Rule {
            needle: needle.into(),
            fault,
            times,
            hits,
        });
        Hits(seen)
    }

    /// No request meets a fault any more.
    pub fn heal(&self) {
        self.line.rules.lock().unwrap().clear();
    }

    /// Everything takes so long, in each direction.
    pub fn slow_down(&self, delay: Duration) {
        *self.line.delay.lock().unwrap() = delay;
    }

    /// Requests arrive, and no answer does.
    #[must_use]
    pub fn hold_answers(&self) -> Held {
        self.line.holds.send_replace(true);
        Held(Arc::clone(&self.line))
    }

    /// Cuts every connection; new ones are welcome.
    pub fn cut(&self) {
        self.line.cuts.send_modify(|cuts| *cuts += 1);
    }

    /// The server is away: nothing listens, and every connection is cut.
    pub async fn go_away(&mut self) {
        if let Some(listening) = self.listening.take() {
            listening.abort();
            let _ = listening.await;
        }
        self.cut();
    }

    /// The server is back.
    pub async fn come_back(&mut self) {
        let listener = TcpListener::bind(&self.address)
            .await
            .expect("the port is still ours");
        self.listening = Some(tokio::spawn(accept(listener, Arc::clone(&self.line))));
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Some(listening) = &self.listening {
            listening.abort();
        }
        self.cut();
    }
}

/// A port below those that systems hand out, and no other proxy's: while nothing listens on it, nobody else takes
/// it, and no connection to it meets itself.
async fn listen() -> TcpListener {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    for _ in 0..8000 {
        let step = NEXT.fetch_add(7, Ordering::Relaxed);
        let port = 12_000 + std::process::id().wrapping_add(step) % 8000;
        let port = u16::try_from(port).unwrap_or_default();
        if let Ok(listener) = TcpListener::bind(("127.0.0.1", port)).await {
            return listener;
        }
    }
    panic!("no port between 12000 and 20000 is free");
}

async fn accept(listener: TcpListener, line: Arc<Line>) {
    // Connections that are open already outlive this task: `cut` ends them.
    while let Ok((client, _)) = listener.accept().await {
        let mut cuts = line.cuts.subscribe();
        let line = Arc::clone(&line);
        tokio::spawn(async move {
            tokio::select! {
                _ = cuts.changed() => {}
                () = carry(client, &line) => {}
            }
        });
    }
}

/// An error packet, the first after a request: its length, its number, 1105 and the SQLSTATE, the text.
const REFUSAL: &[u8] = b"\x1a\x00\x00\x01\xff\x51\x04#HY000no primary tablet";

/// An error of RESP's.
const DENIAL: &[u8] = b"-upstream failure\r\n";

/// Carries requests and answers until either side hangs up, or a fault cuts the connection.
async fn carry(mut client: TcpStream, line: &Line) {
    let Ok(mut server) = TcpStream::connect(&line.server).await else {
        return;
    };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let ((mut from_client, to_client), (mut from_server, mut to_server)) =
        (client.split(), server.split());
    let to_client = tokio::sync::Mutex::new(to_client);
    let (silent, denied) = (AtomicBool::new(false), AtomicBool::new(false));
    let requests = async {
        let (mut buffer, mut tail) = (vec![0; 64 << 10], Vec::new());
        while let Ok(count @ 1..) = from_client.read(&mut buffer).await {
            line.wait().await;
            let fault = line.fault(&mut tail, &buffer[..count]);
            if fault == Some(Fault::LoseRequest) {
                return;
            }
            if fault == Some(Fault::Refuse) {
                if to_client.lock().await.write_all(REFUSAL).await.is_err() {
                    return;
                }
                continue;
            }
            if fault == Some(Fault::Deny) {
                denied.store(true, Ordering::Relaxed);
            } else {
                silent.fetch_or(fault.is_some(), Ordering::Relaxed);
            }
            if to_server.write_all(&buffer[..count]).await.is_err() {
                return;
            }
            if fault == Some(Fault::LoseAnswer) {
                // Time for the server to do it.
                return tokio::time::sleep(Duration::from_millis(300)).await;
            }
        }
    };
    let answers = async {
        let mut buffer = vec![0; 64 << 10];
        let mut holds = line.holds.subscribe();
        while let Ok(count @ 1..) = from_server.read(&mut buffer).await {
            line.wait().await;
            let _ = holds.wait_for(|holds| !holds).await;
            let answer = if denied.swap(false, Ordering::Relaxed) {
                DENIAL
            } else {
                &buffer[..count]
            };
            if !silent.load(Ordering::Relaxed)
                && to_client.lock().await.write_all(answer).await.is_err()
            {
                return;
            }
        }
        // Nor is it heard when the server hangs up.
        if silent.load(Ordering::Relaxed) {
            std::future::pending().await
        }
    };
    tokio::select! {
        () = requests => {}
        () = answers => {}
    }
}

impl Line {
    async fn wait(&self) {
        let delay = *self.delay.lock().unwrap();
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
    }

    /// The fault that these bytes meet; `tail` is what came before, as a needle may come in two parts.
    fn fault(&self, tail: &mut Vec<u8>, bytes: &[u8]) -> Option<Fault> {
        let mut rules = self.rules.lock().unwrap();
        let longest = rules
            .iter()
            .map(|rule| rule.needle.len())
            .max()
            .unwrap_or_default();
        tail.extend_from_slice(bytes);
        let meets = |rule: &&mut Rule| {
            rule.times > 0
                && tail
                    .windows(rule.needle.len())
                    .any(|window| window == rule.needle)
        };
        let fault = rules.iter_mut().find(meets).map(|rule| {
            rule.times -= 1;
            rule.hits.send_modify(|hits| *hits += 1);
            rule.fault
        });
        let keep = if fault.is_some() {
            0
        } else {
            longest.saturating_sub(1).min(tail.len())
        };
        tail.drain(..tail.len() - keep);
        fault
    }
}
