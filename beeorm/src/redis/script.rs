use std::sync::OnceLock;

use super::{Arguments, Client, RedisError, Reply};

/// A Lua script: all of it takes effect at once, or nothing does.
pub(crate) struct Script {
    source: &'static str,
    /// What servers call it: the same on each of them.
    digest: OnceLock<String>,
}

impl Script {
    pub(crate) const fn new(source: &'static str) -> Self {
        Self {
            source,
            digest: OnceLock::new(),
        }
    }
}

/// Takes commands for one server at a time.
pub(super) trait Server: Sync {
    fn send(
        &self,
        name: &'static str,
        arguments: Arguments,
    ) -> impl Future<Output = Result<Reply, RedisError>> + Send;
}

impl Server for Client {
    async fn send(&self, name: &'static str, arguments: Arguments) -> Result<Reply, RedisError> {
        self.command(name, arguments).await
    }
}

impl Client {
    /// Runs the script, which the server is taught when it does not know it.
    pub(crate) async fn script(
        &self,
        script: &Script,
        keys: &[&str],
        arguments: Arguments,
    ) -> Result<Reply, RedisError> {
        script.run(self, keys, arguments).await
    }
}

impl Script {
    pub(super) async fn run(
        &self,
        server: &impl Server,
        keys: &[&str],
        arguments: Arguments,
    ) -> Result<Reply, RedisError> {
        let call = |digest: &str, arguments| {
            let head = Arguments::new().text(digest).text(keys.len());
            let head = keys.iter().fold(head, |head, key| head.text(key));
            server.send("EVALSHA", head.join(arguments))
        };
        if let Some(digest) = self.digest.get() {
            let answer = call(digest, arguments.clone()).await;
            // Said before anything of it ran, so that running it again cannot do anything twice.
            match answer {
                Err(error) if error.code() == "NOSCRIPT" => {}
                answer => return answer,
            }
        }
        let load = Arguments::new().text("LOAD").text(self.source);
        let digest = server.send("SCRIPT", load).await?.into_text()?;
        call(self.digest.get_or_init(|| digest), arguments).await
    }
}
