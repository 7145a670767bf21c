use std::{
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU8, Ordering},
    },
    thread,
    time::Duration,
};

/// What happens to the bytes of one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Fault {
    None,
    /// Answers are thrown away.
    SwallowAnswers,
    /// Everything is thrown away, and the connection stays open.
    Silence,
    /// The next command reaches the server, and the connection ends before the answer.
    CutAfterCommand,
    /// The next command ends the connection before it reaches the server.
    CutBeforeCommand,
    /// The next command ends the connection, and reaches the server `LATE`.
    CutAndLate,
}

pub(super) const LATE: Duration = Duration::from_millis(300);

/// A server that passes on to another one, until it is told to behave badly.
pub(super) struct Proxy {
    address: SocketAddr,
    state: Arc<State>,
}

struct State {
    target: Mutex<String>,
    is_open: AtomicBool,
    connections: Mutex<Vec<Arc<Passed>>>,
}

struct Passed {
    client: TcpStream,
    server: TcpStream,
    fault: AtomicU8,
}

impl Proxy {
    pub(super) fn to(target: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let state = State {
            target: Mutex::new(target.to_owned()),
            is_open: AtomicBool::new(true),
            connections: Mutex::default(),
        };
        let proxy = Self {
            address,
            state: Arc::new(state),
        };
        proxy.listen(listener);
        proxy
    }

    pub(super) fn url(&self) -> String {
        format!("redis://{}", self.address)
    }

    /// From now on for the connections there are; later ones are sound.
    pub(super) fn fault(&self, fault: Fault) {
        for connection in &*self.state.connections.lock().expect("a lock") {
            connection.fault.store(fault as u8, Ordering::SeqCst);
        }
    }

    /// For one connection, counted in the order in which they were made.
    pub(super) fn fault_of(&self, place: usize, fault: Fault) {
        let connections = self.state.connections.lock().expect("a lock");
        connections[place]
            .fault
            .store(fault as u8, Ordering::SeqCst);
    }

    /// New connections lead to another server; those that there are stay.
    pub(super) fn retarget(&self, target: &str) {
        *self.state.target.lock().expect("a lock") = target.to_owned();
    }

    pub(super) fn cut_one(&self, place: usize) {
        self.state.connections.lock().expect("a lock")[place].cut();
    }

    /// Cuts every connection and refuses new ones.
    pub(super) fn shut(&self) {
        self.state.is_open.store(false, Ordering::SeqCst);
        // Wakes the listener, so that it sees that it is over.
        drop(TcpStream::connect(self.address));
        while TcpStream::connect(self.address).is_ok() {
            thread::sleep(Duration::from_millis(5));
        }
        for connection in self.state.connections.lock().expect("a lock").drain(..) {
            connection.cut();
        }
    }

    pub(super) fn reopen(&self) {
        self.state.is_open.store(true, Ordering::SeqCst);
        self.listen(TcpListener::bind(self.address).expect("the same port"));
    }

    fn listen(&self, listener: TcpListener) {
        let state = Arc::clone(&self.state);
        thread::spawn(move || {
            for client in listener.incoming() {
                if !state.is_open.load(Ordering::SeqCst) {
                    break;
                }
                let target = state.target.lock().expect("a lock").clone();
                let (Ok(client), Ok(server)) = (client, TcpStream::connect(target)) else {
                    continue;
                };
                let passed = Arc::new(Passed {
                    client,
                    server,
                    fault: AtomicU8::new(Fault::None as u8),
                });
                state
                    .connections
                    .lock()
                    .expect("a lock")
                    .push(Arc::clone(&passed));
                let back = Arc::clone(&passed);
                thread::spawn(move || passed.pass_commands());
                thread::spawn(move || back.pass_answers());
            }
        });
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if self.state.is_open.load(Ordering::SeqCst) {
            self.shut();
        }
    }
}

impl Passed {
    fn is(&self, fault: Fault) -> bool {
        self.fault.load(Ordering::SeqCst) == fault as u8
    }

    fn pass_commands(&self) {
        let mut buffer = [0; 65536];
        while let Ok(count) = (&self.client).read(&mut buffer) {
            if count == 0 || self.is(Fault::CutBeforeCommand) {
                break;
            }
            if self.is(Fault::Silence) {
                continue;
            }
            if self.is(Fault::CutAndLate) {
                let bytes = self.rest_of(&buffer[..count]);
                let _ = self.client.shutdown(Shutdown::Both);
                thread::sleep(LATE);
                let _ = (&self.server).write_all(&bytes);
                thread::sleep(Duration::from_millis(50));
                break;
            }
            // What the server sends back from now on does not arrive.
            let cut = self.is(Fault::CutAfterCommand);
            if (&self.server).write_all(&buffer[..count]).is_err() || cut {
                thread::sleep(Duration::from_millis(50));
                break;
            }
        }
        self.cut();
    }

    /// What comes with the bytes that came.
    fn rest_of(&self, bytes: &[u8]) -> Vec<u8> {
        let mut all = bytes.to_vec();
        let mut buffer = [0; 65536];
        let moment = Duration::from_millis(10);
        self.client
            .set_read_timeout(Some(moment))
            .expect("a time is no problem");
        while let Ok(count @ 1..) = (&self.client).read(&mut buffer) {
            all.extend_from_slice(&buffer[..count]);
        }
        all
    }

    fn pass_answers(&self) {
        let mut buffer = [0; 65536];
        while let Ok(count) = (&self.server).read(&mut buffer) {
            if count == 0 {
                break;
            }
            if self.is(Fault::None) && (&self.client).write_all(&buffer[..count]).is_err() {
                break;
            }
        }
        self.cut();
    }

    fn cut(&self) {
        for stream in [&self.client, &self.server] {
            // One that is over already is cut enough.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}
