//! A network before a server: what goes in comes out a while later, in each direction, and as much as goes in.
//!
//! Threads and not tasks, since tokio's clock ticks in milliseconds.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use crate::Fallible;

/// One way.
pub(crate) const ONE_WAY: Duration = Duration::from_micros(250);

/// By so much a sleeping thread wakes up late.
const LATE: Duration = Duration::from_micros(55);

/// The URL that leads to the same server through the network, which lasts as long as this program.
pub(crate) fn before(url: &str) -> Fallible<String> {
    let (scheme, rest) = url.split_once("://").ok_or("a URL without a scheme")?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let server = authority
        .rsplit_once('@')
        .map_or(authority, |(_, server)| server);
    let login = authority.strip_suffix(server).unwrap_or_default();
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let server = server.to_owned();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            // Whoever cannot be connected is hung up on.
            let _ = connect(client, &server);
        }
    });
    Ok(format!("{scheme}://{login}{address}{path}"))
}

fn connect(client: TcpStream, server: &str) -> std::io::Result<()> {
    let server = TcpStream::connect(server)?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    carry(client.try_clone()?, server.try_clone()?);
    carry(server, client);
    Ok(())
}

/// Carries one direction until either end hangs up.
fn carry(mut from: TcpStream, mut to: TcpStream) {
    let (sender, receiver) = mpsc::channel::<(Instant, Vec<u8>)>();
    thread::spawn(move || {
        let mut buffer = vec![0; 64 << 10];
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            let due = Instant::now() + ONE_WAY;
            let bytes = buffer.get(..count).unwrap_or_default().to_vec();
            if sender.send((due, bytes)).is_err() {
                break;
            }
        }
    });
    thread::spawn(move || {
        for (due, bytes) in receiver {
            let left = due.saturating_duration_since(Instant::now());
            if left > LATE {
                thread::sleep(left - LATE);
            }
            if to.write_all(&bytes).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Both);
    });
}
