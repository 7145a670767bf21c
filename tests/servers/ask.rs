//! What servers say of themselves; asking is also how this program knows that they are up.

use std::time::{Duration, Instant};

use sqlx::{Connection, MySqlConnection};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const PAUSE: Duration = Duration::from_millis(30);

/// What `SELECT VERSION()` says, asked until the server answers.
pub(crate) async fn mysql_version(url: &str, patience: Duration) -> Result<String, String> {
    until_answered(patience, async || {
        let mut connection = MySqlConnection::connect(url)
            .await
            .map_err(|error| error.to_string())?;
        let version = sqlx::query_scalar("SELECT VERSION()")
            .fetch_one(&mut connection)
            .await;
        let _ = connection.close().await;
        version.map_err(|error| error.to_string())
    })
    .await
}

/// What `INFO server` says, asked until the server answers.
pub(crate) async fn redis_version(url: &str, patience: Duration) -> Result<String, String> {
    let Some(target) = url.strip_prefix("redis://") else {
        return Err(format!(
            "`{url}`: the tests speak to redis://[[user:]password@]host[:port]"
        ));
    };
    let (login, target) = target.rsplit_once('@').unwrap_or(("", target));
    let address = target.split('/').next().unwrap_or_default();
    let address = if address.contains(':') {
        address.to_owned()
    } else {
        format!("{address}:6379")
    };
    let password = login.rsplit_once(':').unwrap_or(("", login)).1;
    until_answered(patience, async || info(&address, login, password).await).await
}

async fn info(address: &str, login: &str, password: &str) -> Result<String, String> {
    let mut stream = TcpStream::connect(address)
        .await
        .map_err(|error| error.to_string())?;
    let mut question = String::new();
    if !password.is_empty() {
        let user = login.split_once(':').map_or("", |(user, _)| user);
        question.push_str(&format!("AUTH {user} {password}\r\n"));
    }
    question.push_str("INFO server\r\nQUIT\r\n");
    stream
        .write_all(question.as_bytes())
        .await
        .map_err(|error| error.to_string())?;
    let mut answer = Vec::new();
    stream
        .read_to_end(&mut answer)
        .await
        .map_err(|error| error.to_string())?;
    let answer = String::from_utf8_lossy(&answer);
    let line = |name: &str| answer.lines().find_map(|line| line.strip_prefix(name));
    match (line("redis_version:"), line("valkey_version:")) {
        (_, Some(valkey)) => Ok(format!("{valkey} (Valkey)")),
        (Some(redis), None) => Ok(redis.to_owned()),
        (None, None) => Err(answer
            .lines()
            .next()
            .unwrap_or("it closed the connection")
            .to_owned()),
    }
}

/// Asks a sentinel until it says these words, names and values in turns, of its master, and has found a replica that it
/// could promote.
pub(crate) async fn sentinel(
    address: &str,
    service: &str,
    known: [&str; 4],
    patience: Duration,
) -> Result<String, String> {
    until_answered(patience, async || {
        let mut stream = TcpStream::connect(address)
            .await
            .map_err(|error| error.to_string())?;
        let question = format!("SENTINEL MASTER {service}\r\nSENTINEL REPLICAS {service}\r\n");
        stream
            .write_all(question.as_bytes())
            .await
            .map_err(|error| error.to_string())?;
        // A sentinel takes no QUIT in every version.
        stream.shutdown().await.map_err(|error| error.to_string())?;
        let mut answer = Vec::new();
        stream
            .read_to_end(&mut answer)
            .await
            .map_err(|error| error.to_string())?;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        // Texts only: their lengths and marks begin so.
        let words: Vec<&str> = answer
            .lines()
            .filter(|line| !line.starts_with(['$', '*']))
            .collect();
        let says = |pair: &[&str]| words.windows(2).any(|window| window == pair);
        if known.chunks(2).all(says) && says(&["master-link-status", "ok"]) {
            Ok(answer)
        } else {
            Err("it does not know its neighbours yet".to_owned())
        }
    })
    .await
}

async fn until_answered(
    patience: Duration,
    ask: impl AsyncFn() -> Result<String, String>,
) -> Result<String, String> {
    let deadline = Instant::now() + patience;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let error = match tokio::time::timeout(left, ask()).await {
            Ok(Ok(version)) => return Ok(version),
            Ok(Err(error)) => error,
            Err(_) => "no answer".to_owned(),
        };
        if Instant::now() + PAUSE >= deadline {
            return Err(format!(
                "no usable answer within {} s: {error}",
                patience.as_secs()
            ));
        }
        tokio::time::sleep(PAUSE).await;
    }
}
