//! TLS of a server.

use std::{
    fs,
    net::{IpAddr, Ipv4Addr},
    path::Path,
};

use super::RedisError;
use crate::{ClientIdentity, NodeCertificate, tls::Certificates};

/// Is what a [`RedisServer`](super::RedisServer) with TLS shows, and what its clients need.
///
/// ```
/// use tower_muster_testkit::redis::{RedisServer, RedisTls};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let tls = RedisTls::new()?.require_client_certificate();
/// let server = RedisServer::with_tls(&tls).await?;
/// assert!(server.tls_url().is_some_and(|url| url.starts_with("rediss://127.0.0.1:")));
/// assert!(tls.ca_pem().starts_with("-----BEGIN CERTIFICATE-----"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct RedisTls {
    certificates: Certificates,
    certificate: NodeCertificate,
    asks_client: bool,
}

impl RedisTls {
    /// Makes two authorities, one of which is to be trusted, and what they sign.
    ///
    /// # Errors
    ///
    /// [`RedisError::Tls`] if the certificates cannot be made.
    pub fn new() -> Result<Self, RedisError> {
        Ok(Self {
            certificates: Certificates::new()?,
            certificate: NodeCertificate::for_address(),
            asks_client: false,
        })
    }

    /// Sets the certificate that the server shows; by default a good one for its address.
    #[must_use]
    pub fn certificate(mut self, certificate: NodeCertificate) -> Self {
        self.certificate = certificate;
        self
    }

    /// Refuses clients without a certificate of the authority; by default none is asked for.
    #[must_use]
    pub fn require_client_certificate(mut self) -> Self {
        self.asks_client = true;
        self
    }

    /// Returns the authority that clients are to trust, as PEM.
    #[must_use]
    pub fn ca_pem(&self) -> &str {
        self.certificates.ca_pem()
    }

    /// Returns another authority, which has signed nothing of this, as PEM.
    #[must_use]
    pub fn untrusted_ca_pem(&self) -> &str {
        self.certificates.untrusted_ca_pem()
    }

    /// Returns a certificate for a client that the server accepts.
    #[must_use]
    pub fn client(&self) -> &ClientIdentity {
        self.certificates.client()
    }

    /// Writes what the server needs into its folder, and returns the options that say so.
    pub(super) fn options(&self, folder: &Path) -> Result<Vec<String>, RedisError> {
        let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let (certificate, key) = self.certificates.issue_node(&self.certificate, address)?;
        let files = [
            ("--tls-cert-file", "server.pem", certificate.as_str()),
            ("--tls-key-file", "key.pem", &key),
            ("--tls-ca-cert-file", "ca.pem", self.ca_pem()),
        ];
        let asks = if self.asks_client { "yes" } else { "no" };
        let mut options = vec!["--tls-auth-clients".to_owned(), asks.to_owned()];
        for (option, name, pem) in files {
            let path = folder.join(name);
            fs::write(&path, pem).map_err(RedisError::Folder)?;
            options.extend([option.to_owned(), path.display().to_string()]);
        }
        Ok(options)
    }
}
