//! TLS to the servers: whom it trusts, and the certificate that it shows.

use std::{fmt, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::{RedisError, error::Source};

/// What has been said about TLS, as far as it was said.
#[derive(Clone, Default)]
pub(super) struct TlsSettings {
    roots: Option<RootCertStore>,
    identity: Option<Arc<Identity>>,
}

/// The certificate that is shown, and the key that proves it to be ours.
struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

/// What has become of the settings.
#[derive(Clone)]
pub(super) struct Tls(TlsConnector);

impl TlsSettings {
    /// Trusts these authorities, instead of those that the machine does.
    pub(super) fn trust(&mut self, pem: &[u8]) -> Result<(), RedisError> {
        const FIELD: &str = "ca_pem";
        let mut roots = RootCertStore::empty();
        for certificate in certificates(FIELD, pem)? {
            let added = roots.add(certificate);
            added.map_err(|error| wrong(FIELD, "must be certificates of authorities", error))?;
        }
        self.roots = Some(roots);
        Ok(())
    }

    /// Shows this certificate to servers that ask for one.
    pub(super) fn identify(&mut self, chain: &[u8], key: &[u8]) -> Result<(), RedisError> {
        let chain = certificates("certificate_pem", chain)?;
        let key = PrivateKeyDer::from_pem_slice(key)
            .map_err(|error| wrong("key_pem", "must be a private key as PEM", error))?;
        let identity = Arc::new(Identity { chain, key });
        // Whether they belong together shows when they are used.
        config(RootCertStore::empty(), Some(&identity))
            .map_err(|error| wrong("key_pem", "must be the key of the certificate", error))?;
        self.identity = Some(identity);
        Ok(())
    }

    /// Makes what connections need; without authorities of its own it reads the machine's, once.
    pub(super) async fn finish(&self) -> Result<Tls, RedisError> {
        let roots = match &self.roots {
            Some(roots) => roots.clone(),
            None => machine_roots().await?,
        };
        let config = config(roots, self.identity.as_deref())
            .map_err(|error| wrong("key_pem", "must be the key of the certificate", error))?;
        Ok(Tls(TlsConnector::from(Arc::new(config))))
    }
}

impl Tls {
    pub(super) async fn shake_hands(
        &self,
        host: &str,
        socket: TcpStream,
    ) -> Result<TlsStream<TcpStream>, Source> {
        let name = ServerName::try_from(host.to_owned())?;
        Ok(self.0.connect(name, socket).await?)
    }
}

fn config(
    roots: RootCertStore,
    identity: Option<&Identity>,
) -> Result<ClientConfig, rustls::Error> {
    // Named, because the process's default is the user's to choose, and there may be none.
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots);
    match identity {
        Some(identity) => {
            builder.with_client_auth_cert(identity.chain.clone(), identity.key.clone_key())
        }
        None => Ok(builder.with_no_client_auth()),
    }
}

async fn machine_roots() -> Result<RootCertStore, RedisError> {
    const FIELD: &str = "ca_pem";
    let read = tokio::task::spawn_blocking(rustls_native_certs::load_native_certs);
    let found = read
        .await
        .map_err(|error| wrong(FIELD, "the machine's cannot be read", error))?;
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    match (roots.is_empty(), found.errors.into_iter().next()) {
        (false, _) => Ok(roots),
        (true, Some(error)) => Err(wrong(FIELD, "the machine's cannot be read", error)),
        (true, None) => Err(RedisError::setting(FIELD, "", "the machine trusts none")),
    }
}

fn certificates(
    field: &'static str,
    pem: &[u8],
) -> Result<Vec<CertificateDer<'static>>, RedisError> {
    const REASON: &str = "must be certificates as PEM";
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match read {
        Err(error) => Err(wrong(field, REASON, error)),
        Ok(none) if none.is_empty() => Err(RedisError::setting(field, "", REASON)),
        Ok(certificates) => Ok(certificates),
    }
}

/// The value is left out: it may be a key.
fn wrong(field: &'static str, reason: &'static str, source: impl Into<Source>) -> RedisError {
    RedisError::Setting {
        field,
        value: "...".to_owned(),
        reason,
        source: Some(source.into()),
    }
}

impl fmt::Debug for TlsSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsSettings")
            .field("own_roots", &self.roots.is_some())
            .field("identity", &self.identity.is_some())
            .finish()
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}
