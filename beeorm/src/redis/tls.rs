use std::sync::Arc;

use fred::{
    rustls::{ClientConfig, RootCertStore, crypto::ring},
    rustls_native_certs::load_native_certs,
    types::config::{TlsConfig, TlsConnector},
};

use super::RedisError;

/// Trusts what the machine trusts.
///
/// Not fred's own: that one panics in a process where another crate brought a second provider of
/// cryptography, and fails at the first certificate that it cannot read.
pub(super) fn connector() -> Result<TlsConfig, RedisError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(load_native_certs().certs);
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| RedisError::Url(format!("no encrypted connection can be made: {error}")))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(config).into())
}
