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

impl Client {
    /// Runs the script, which the server is taught when it does not know it.
    pub(crate) async fn script(
        &self,
        script: &Script,
        keys: &[&str],
        arguments: Arguments,
    ) -> Result<Reply, RedisError> {
        if let Some(digest) = script.digest.get() {
            let answer = self.run(digest, keys, arguments.clone()).await;
            // Said before anything of it ran, so that running it again cannot do anything twice.
            match answer {
                Err(error) if error.code() == "NOSCRIPT" => {}
                answer => return answer,
            }
        }
        let digest = self.teach(script).await?;
        self.run(&digest, keys, arguments).await
    }

    async fn teach(&self, script: &Script) -> Result<String, RedisError> {
        let digest = self
            .command("SCRIPT", Arguments::new().text("LOAD").text(script.source))
            .await?
            .into_text()?;
        Ok(script.digest.get_or_init(|| digest).clone())
    }

    async fn run(
        &self,
        digest: &str,
        keys: &[&str],
        arguments: Arguments,
    ) -> Result<Reply, RedisError> {
        let head = Arguments::new().text(digest).text(keys.len());
        let head = keys.iter().fold(head, |head, key| head.text(key));
        self.command("EVALSHA", head.join(arguments)).await
    }
}
