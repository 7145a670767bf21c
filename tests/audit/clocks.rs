//! Clocks that are stepped: one of Redis, one of the database, one of all consumers and one of all producers.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use beeorm_tests::{Clock, RedisConnection};

use crate::{Fallible, database::Database};

/// A step that is seen without doubt.
const HOUR: i64 = 3_600;
/// Between asking two clocks.
const ABOUT: i64 = 60;

pub(crate) struct Clocks {
    folder: PathBuf,
    pub(crate) mysql: Clock,
    pub(crate) redis: Clock,
    pub(crate) consumers: Clock,
    pub(crate) producers: Clock,
}

impl Clocks {
    /// In a folder below this one.
    pub(crate) fn make(folder: &Path) -> Fallible<Self> {
        let folder = folder.join("clocks");
        fs::create_dir(&folder)?;
        let clock = |name| Clock::new(&folder.join(name));
        Ok(Self {
            mysql: clock("mysql")?,
            redis: clock("redis")?,
            consumers: clock("consumers")?,
            producers: clock("producers")?,
            folder,
        })
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// What a process needs to have the clock of this name.
    pub(crate) fn environment(&self, name: &str) -> Fallible<[(&'static str, PathBuf); 2]> {
        Ok(Clock::environment(&self.folder.join(name))?)
    }

    /// Makes sure that the servers have them.
    pub(crate) async fn check(&self, mysql: &str, redis: &str) -> Fallible<()> {
        for step in [HOUR, -HOUR, 0] {
            self.mysql.step_to(step)?;
            self.redis.step_to(step)?;
            let told = [of_mysql(mysql).await?, of_redis(redis).await?];
            let right = SystemTime::now().duration_since(UNIX_EPOCH)?;
            for told in told {
                let differs = told - i64::try_from(right.as_secs())?;
                if (differs - step).abs() > ABOUT {
                    return Err(
                        format!("a clock differs by {differs} s and not by {step} s").into(),
                    );
                }
            }
        }
        Ok(())
    }
}

async fn of_mysql(url: &str) -> Fallible<i64> {
    let mut database = Database::connect(url).await?;
    let rows = database.rows("SELECT CONCAT(UNIX_TIMESTAMP())").await?;
    let [seconds] = rows.first().ok_or("the database does not tell the time")?;
    Ok(seconds.parse()?)
}

async fn of_redis(url: &str) -> Fallible<i64> {
    let mut redis = RedisConnection::to(url).await?;
    let answer = redis.command(["TIME"]).await?.list();
    let seconds = answer.first().ok_or("Redis does not tell the time")?;
    Ok(seconds.text().parse()?)
}
