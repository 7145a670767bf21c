//! Servers that somebody else runs, named in the environment.

use std::time::Duration;

use crate::machine::Machine;
use crate::{Servers, Trouble, ask};

const MYSQL: &str = "BEEORM_TEST_MYSQL_URL";
const REDIS: &str = "BEEORM_TEST_REDIS_URL";

/// The given servers, if any are given; an error when they do not answer, since other servers than the ones asked
/// for would prove something else.
pub(crate) async fn find() -> Result<Option<Servers>, Trouble> {
    let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let (mysql, redis) = match (variable(MYSQL), variable(REDIS)) {
        (Some(mysql), Some(redis)) => (mysql, redis),
        (None, None) => return Ok(None),
        (Some(_), None) => return Err(Trouble::Failed(format!("{MYSQL} is set: set {REDIS} too"))),
        (None, Some(_)) => return Err(Trouble::Failed(format!("{REDIS} is set: set {MYSQL} too"))),
    };
    let patience = Duration::from_secs(10);
    let mysql_version = ask::mysql_version(&mysql, patience).await;
    let redis_version = ask::redis_version(&redis, patience).await;
    Ok(Some(Servers {
        mysql_version: mysql_version.map_err(|why| Trouble::Failed(format!("{MYSQL}: {why}")))?,
        redis_version: redis_version.map_err(|why| Trouble::Failed(format!("{REDIS}: {why}")))?,
        // `cargo xtask test` starts servers once, gives them to every test binary, and says what they are.
        kind: variable("BEEORM_TEST_KIND").unwrap_or_else(|| "given".to_owned()),
        machines: [Machine::Given, Machine::Given],
        mysql,
        redis,
    }))
}
