use super::{
    super::{
        PoolOptions, PoolUrl,
        pool_url::Backend,
        query,
        redact::redact,
        short_form::{Rest, or_localhost},
    },
    Key, Node, Reader,
};

const EXAMPLE: &str = "sentinel: {master:0: [\"192.156.23.11:26379\", \"192.156.23.12:26379\"]}";

impl Reader<'_> {
    /// `name[:db[:namespace]]` of the master, with `?user=…&password=…`, and the sentinels.
    pub(super) fn sentinel(&mut self, name: &Key, key: &Key, node: Node) {
        let Some(masters) = self.map(node, "\"sentinel\"", EXAMPLE) else {
            return;
        };
        let count = masters.len();
        let mut masters = masters.into_iter();
        let (Some((master, sentinels)), None) = (masters.next(), masters.next()) else {
            self.mistake(
                key.line,
                format!("\"sentinel\" has {count} masters; write one, as in `{EXAMPLE}`"),
            );
            return;
        };
        let Some(sentinels) = self.texts(&master, sentinels, EXAMPLE) else {
            return;
        };
        if sentinels.is_empty() {
            self.mistake(
                master.line,
                format!("the list of the sentinels is empty; write `{EXAMPLE}`"),
            );
            return;
        }
        self.add(
            master.line,
            &name.text,
            url(&master.text, &sentinels),
            PoolOptions::new(),
        );
    }
}

fn url(master: &str, sentinels: &[String]) -> Result<PoolUrl, String> {
    let (place, parameters) = master.split_once('?').unwrap_or((master, ""));
    let parts: Vec<&str> = place.split(':').collect();
    let (service, rest) = parts
        .split_first()
        .map_or(("", [].as_slice()), |(service, rest)| (*service, rest));
    if service.is_empty() {
        return Err("the name of the sentinels' master is missing; write master:0".to_owned());
    }
    let rest = Rest::read(rest, parameters).map_err(|problem| format!("{service:?}: {problem}"))?;
    let hosts = sentinels
        .iter()
        .map(|sentinel| host(sentinel))
        .collect::<Result<Vec<_>, _>>()?;
    let (service, database) = (query::encode(service), rest.database);
    let url = format!(
        "redis-sentinel://{}{}/{service}/{database}",
        rest.credentials(),
        hosts.join(",")
    );
    Ok(PoolUrl {
        backend: Backend::Redis,
        url,
        namespace: rest.namespace,
    })
}

fn host(sentinel: &str) -> Result<String, String> {
    let wrong = || {
        format!(
            "the sentinel {:?} cannot be read; write host:port",
            redact(sentinel)
        )
    };
    let (host, port) = sentinel.rsplit_once(':').unwrap_or((sentinel, "26379"));
    let port: u16 = port.parse().map_err(|_| wrong())?;
    if host.contains(['/', '@', '?', ',', ' ']) {
        return Err(wrong());
    }
    Ok(format!("{}:{port}", or_localhost(host)))
}
