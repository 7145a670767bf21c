//! Servers in containers, by way of testcontainers.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use testcontainers_modules::mysql::Mysql;
use testcontainers_modules::redis::{REDIS_PORT, Redis};
use testcontainers_modules::testcontainers::bollard::query_parameters::{
    ListContainersOptionsBuilder, RemoveContainerOptionsBuilder,
};
use testcontainers_modules::testcontainers::core::{
    ContainerPort, IntoContainerPort, client::docker_client_instance,
};
use testcontainers_modules::testcontainers::runners::AsyncRunner;
use testcontainers_modules::testcontainers::{
    ContainerAsync, ContainerRequest, GenericImage, Image, ImageExt, TestcontainersError,
};

use crate::guard::{self, Guard};
use crate::local::free_port;
use crate::machine::Machine;
use crate::{Sentinels, Servers, Trouble, ask, sentinel};

/// The one place where the images are pinned.
const MYSQL_IMAGE: &str = "mysql:9.7";
const REDIS_IMAGE: &str = "redis:8.0";

const PULLING: Duration = Duration::from_secs(60);
const STARTING: Duration = Duration::from_secs(120);
const LABEL: &str = "io.beeorm.test-servers";

pub(crate) fn mysql_image() -> String {
    std::env::var("BEEORM_TEST_MYSQL_IMAGE").unwrap_or_else(|_| MYSQL_IMAGE.to_owned())
}

pub(crate) fn redis_image() -> String {
    std::env::var("BEEORM_TEST_REDIS_IMAGE").unwrap_or_else(|_| REDIS_IMAGE.to_owned())
}

/// Starts both, where there is a Docker daemon that has the images or can pull them.
pub(crate) async fn start(guard: &mut Guard, durable: bool) -> Result<Servers, Trouble> {
    let images = [mysql_image(), redis_image()];
    have(&images).await?;

    let label = format!("{}-{}", std::process::id(), crate::local::moment());
    guard.label(&label).map_err(failed)?;
    let [mysql, redis] = images;
    eprintln!("test servers: starting containers of {mysql} and {redis}");
    let mut mysql = mysql_request(&mysql, &label);
    let mut redis = redis_request(&redis, &label, durable);
    if durable {
        // A port of Docker's choice is another one after a restart.
        let mysql_port = free_port(&[])?;
        mysql = mysql.with_mapped_port(mysql_port, ContainerPort::Tcp(3306));
        redis = redis.with_mapped_port(free_port(&[mysql_port])?, ContainerPort::Tcp(REDIS_PORT));
    }
    let (mysql, redis) = tokio::try_join!(mysql.start(), redis.start()).map_err(failed)?;
    let mysql_url = format!(
        "mysql://root@{}",
        address(&mysql, 3306).await.map_err(failed)?
    );
    let redis_url = format!(
        "redis://{}",
        address(&redis, REDIS_PORT).await.map_err(failed)?
    );
    let machines = [mysql.id(), redis.id()].map(|id| Machine::Container(id.to_owned()));
    // The guard removes the containers; their own way of removing themselves needs this process alive.
    std::mem::forget((mysql, redis));

    Ok(Servers {
        mysql_version: ask::mysql_version(&mysql_url, STARTING)
            .await
            .map_err(Trouble::Failed)?,
        redis_version: ask::redis_version(&redis_url, STARTING)
            .await
            .map_err(Trouble::Failed)?,
        kind: "containers".to_owned(),
        mysql: mysql_url,
        redis: redis_url,
        machines,
    })
}

/// Starts a master, its replica and the sentinels in one container, on ports that are the same within and without.
pub(crate) async fn start_sentinels(guard: &mut Guard) -> Result<Sentinels, Trouble> {
    have(&[mysql_image(), redis_image()]).await?;
    let label = format!("{}-{}", std::process::id(), crate::local::moment());
    guard.label(&label).map_err(failed)?;
    let ports = crate::local::free_ports()?;
    let folder = Path::new("/tmp");
    let script = sentinel::script(&sentinel::members(ports, folder, "0.0.0.0"), folder);
    let name_and_tag = redis_image();
    let (name, tag) = split(&name_and_tag);
    let image = GenericImage::new(name, tag).with_entrypoint("sh");
    let request = request(image, &name_and_tag, &label).with_cmd(["-c".to_owned(), script]);
    let request = ports.into_iter().fold(request, |request, port| {
        request.with_mapped_port(port, port.tcp())
    });
    let container = request.start().await.map_err(failed)?;
    let id = container.id().to_owned();
    // The guard removes it.
    std::mem::forget(container);
    sentinel::ready(ports, id).await
}

fn split(name_and_tag: &str) -> (&str, &str) {
    name_and_tag
        .rsplit_once(':')
        .unwrap_or((name_and_tag, "latest"))
}

fn mysql_request(image: &str, label: &str) -> ContainerRequest<Mysql> {
    request(Mysql::default(), image, label)
        .with_env_var("MYSQL_DATABASE", crate::DATABASE)
        .with_cmd([
            "--disable-log-bin",
            "--skip-name-resolve",
            "--max-connections=1000",
        ])
}

fn redis_request(image: &str, label: &str, durable: bool) -> ContainerRequest<Redis> {
    request(Redis::default(), image, label).with_cmd(crate::redis_options(durable))
}

fn request<I: Image>(image: I, name_and_tag: &str, label: &str) -> ContainerRequest<I> {
    let (name, tag) = split(name_and_tag);
    image
        .with_name(name)
        .with_tag(tag)
        .with_label(LABEL, label)
        .with_startup_timeout(STARTING)
}

async fn address<I: Image>(
    container: &ContainerAsync<I>,
    port: u16,
) -> Result<String, TestcontainersError> {
    let host = container.get_host().await?.to_string();
    // A name may stand for an IPv6 address that Docker has mapped to another port.
    let host = if host == "localhost" {
        "127.0.0.1".to_owned()
    } else {
        host
    };
    Ok(format!(
        "{host}:{}",
        container.get_host_port_ipv4(port).await?
    ))
}

/// Sees to it that the daemon has the images.
async fn have(images: &[String; 2]) -> Result<(), Trouble> {
    let no_daemon = |error: String| Trouble::Missing(format!("no Docker daemon answers: {error}"));
    let docker = docker_client_instance()
        .await
        .map_err(|error| no_daemon(error.to_string()))?;
    docker
        .ping()
        .await
        .map_err(|error| no_daemon(error.to_string()))?;
    let [mysql, redis] = images;
    let pull_all = async {
        if docker.inspect_image(mysql).await.is_err() {
            pull(request(Mysql::default(), mysql, "")).await?;
        }
        if docker.inspect_image(redis).await.is_err() {
            pull(request(Redis::default(), redis, "")).await?;
        }
        Ok::<(), TestcontainersError>(())
    };
    let how = format!("`docker pull {mysql}` and `docker pull {redis}` may help");
    match tokio::time::timeout(PULLING, pull_all).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(Trouble::Missing(format!(
            "the Docker daemon cannot pull the images: {error}; {how}"
        ))),
        Err(_) => Err(Trouble::Missing(format!(
            "pulling the images takes over a minute; {how}"
        ))),
    }
}

async fn pull<I: Image>(request: ContainerRequest<I>) -> Result<(), TestcontainersError> {
    eprintln!(
        "test servers: pulling {}, for a minute at most",
        request.descriptor()
    );
    request.pull_image().await.map(drop)
}

/// Removes the containers with this label, their volumes too.
pub(crate) fn remove(label: &str) {
    let removed = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())
        .and_then(|runtime| runtime.block_on(remove_labelled(label)));
    if let Err(error) = removed {
        guard::tell(&format!(
            "cannot remove the containers labelled {LABEL}={label}: {error}"
        ));
    }
}

async fn remove_labelled(label: &str) -> Result<(), String> {
    let docker = docker_client_instance()
        .await
        .map_err(|error| error.to_string())?;
    let filters = HashMap::from([("label".to_owned(), vec![format!("{LABEL}={label}")])]);
    let all = ListContainersOptionsBuilder::new()
        .all(true)
        .filters(&filters)
        .build();
    let containers = docker
        .list_containers(Some(all))
        .await
        .map_err(|error| error.to_string())?;
    let removals = containers
        .into_iter()
        .filter_map(|container| container.id)
        .map(|id| {
            let docker = docker.clone();
            async move {
                let options = RemoveContainerOptionsBuilder::new()
                    .force(true)
                    .v(true)
                    .build();
                docker.remove_container(&id, Some(options)).await
            }
        });
    let removed = futures_util::future::join_all(removals).await;
    removed
        .into_iter()
        .collect::<Result<(), _>>()
        .map_err(|error| error.to_string())
}

fn failed(error: impl std::fmt::Display) -> Trouble {
    Trouble::Failed(format!("the containers did not come up: {error}"))
}
