//! Which servers there will be to test against, as far as that can be told before anything is built.

use std::env;
use std::path::{Path, PathBuf};

use crate::{install, programs};

const MYSQL: &str = "BEEORM_TEST_MYSQL_URL";
const REDIS: &str = "BEEORM_TEST_REDIS_URL";

/// What there is to have servers from.
#[derive(Debug, Default)]
struct Means {
    /// Which of the two variables of given servers are set.
    given: [bool; 2],
    docker: bool,
    database: Option<PathBuf>,
    redis: Option<PathBuf>,
    may_install: bool,
}

/// Where the servers will come from, for people; or what to do, where there can be none. `asked` is `containers`,
/// `local`, or empty where either will do.
pub(crate) fn servers(asked: &str) -> Result<String, String> {
    let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    let means = Means {
        given: [MYSQL, REDIS].map(is_set),
        docker: has_docker(),
        database: programs::find(&["mariadbd", "mysqld"]),
        redis: programs::find(&["redis-server", "valkey-server"]),
        may_install: install::may(),
    };
    of(asked, &means)
}

fn of(asked: &str, means: &Means) -> Result<String, String> {
    let mut there = Vec::new();
    match means.given {
        _ if !asked.is_empty() => {}
        [true, true] => return Ok(format!("use the servers that {MYSQL} and {REDIS} name")),
        [true, false] => return Err(format!("{MYSQL} is set: set {REDIS} too")),
        [false, true] => return Err(format!("{REDIS} is set: set {MYSQL} too")),
        [false, false] => {}
    }
    if asked != "local" && means.docker {
        there.push("start containers by Docker".to_owned());
    }
    if asked != "containers" {
        match (&means.database, &means.redis) {
            (Some(database), Some(redis)) => there.push(format!(
                "start {} and {}",
                database.display(),
                redis.display()
            )),
            _ if means.may_install => {
                there
                    .push("install a database and a Redis with apt-get, and start them".to_owned());
            }
            _ => {}
        }
    }
    if there.is_empty() {
        return Err(advice(asked));
    }
    Ok(there.join(", or where that fails "))
}

fn advice(asked: &str) -> String {
    let given =
        format!("{MYSQL} and {REDIS}, set to servers that are there to be filled with test data");
    let docker = "a Docker daemon: none listens where Docker's do, and DOCKER_HOST names no other"
        .to_owned();
    let local = "MariaDB or MySQL, and Redis or Valkey, installed here: on Debian and Ubuntu\n  \
                 `apt-get install mariadb-server-core redis-server`, or this command as root, which does that itself"
        .to_owned();
    let needed = match asked {
        "containers" => vec![docker],
        "local" => vec![local],
        _ => vec![given, docker, local],
    };
    format!(
        "there are no servers to test against, so nothing is built. What is needed{}:\n- {}",
        if needed.len() > 1 { " is one of" } else { "" },
        needed.join(";\n- ")
    )
}

/// Whether there seems to be a daemon: it is asked when the containers are started.
fn has_docker() -> bool {
    let named = env::var_os("DOCKER_HOST").is_some_and(|host| !host.is_empty());
    let of_folder = |variable, files: &[&str]| {
        let folder = env::var_os(variable).map(PathBuf::from);
        folder.is_some_and(|folder| files.iter().any(|file| folder.join(file).exists()))
    };
    named
        || Path::new("/var/run/docker.sock").exists()
        || of_folder(
            "XDG_RUNTIME_DIR",
            &[".docker/run/docker.sock", "docker.sock"],
        )
        || of_folder(
            "HOME",
            &[
                ".docker/run/docker.sock",
                ".docker/desktop/docker.sock",
                ".testcontainers.properties",
            ],
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn installed() -> Means {
        Means {
            database: Some("/usr/sbin/mariadbd".into()),
            redis: Some("/usr/bin/redis-server".into()),
            ..Means::default()
        }
    }

    #[test]
    fn what_there_is_is_told() {
        let docker = Means {
            docker: true,
            ..installed()
        };
        let local = "start /usr/sbin/mariadbd and /usr/bin/redis-server";
        let either = format!("start containers by Docker, or where that fails {local}");
        assert_eq!(of("", &docker), Ok(either));
        assert_eq!(of("local", &docker), Ok(local.to_owned()));
        let given = Means {
            given: [true, true],
            ..docker
        };
        assert!(of("", &given).unwrap().contains(MYSQL));
        assert_eq!(of("local", &given), Ok(local.to_owned()));
        let root = Means {
            may_install: true,
            ..Means::default()
        };
        assert!(of("", &root).unwrap().contains("apt-get"));
    }

    #[test]
    fn what_is_missing_is_told() {
        let none = of("", &Means::default()).unwrap_err();
        for advice in [MYSQL, "Docker", "apt-get install"] {
            assert!(none.contains(advice), "{none}");
        }
        let containers = of("containers", &installed()).unwrap_err();
        assert!(!containers.contains("apt-get"), "{containers}");
        let half = Means {
            given: [true, false],
            ..installed()
        };
        assert!(
            of("", &half)
                .unwrap_err()
                .ends_with(&format!("set {REDIS} too"))
        );
        let redis_alone = Means {
            database: None,
            ..installed()
        };
        assert!(of("local", &redis_alone).is_err());
    }
}
