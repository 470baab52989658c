//! A node's side of TLS: what it shows now, and who came.

use std::sync::{Arc, Mutex};

use rustls::ServerConfig;

use super::TestNode;
use super::seen::Seen;
use crate::sync::lock;
use crate::tls::{NodeCertificate, Tls, TlsError};

#[derive(Debug, Default)]
pub(crate) struct Security {
    now: Mutex<Option<(Tls, Arc<ServerConfig>)>>,
    pub(super) server_names: Seen,
    pub(super) client_names: Seen,
}

impl Security {
    /// What the next handshake goes by; none for a node that speaks without TLS.
    pub(super) fn config(&self) -> Option<Arc<ServerConfig>> {
        let now = lock(&self.now);
        now.as_ref().map(|(_, config)| Arc::clone(config))
    }
}

/// TLS of one node; see [`TestClusterBuilder::tls`](crate::TestClusterBuilder::tls).
impl TestNode {
    /// Replaces the node's certificate, for the handshakes to come.
    ///
    /// Open connections stay. Sessions from before are not resumed, so that the next
    /// handshake shows the new one.
    ///
    /// # Errors
    ///
    /// Returns a [`TlsError`] if the cluster was started without TLS, and if no
    /// certificate can have the name that was asked for. The node then shows what it
    /// did before.
    pub fn set_certificate(&self, certificate: NodeCertificate) -> Result<(), TlsError> {
        let now = lock(&self.node().security.now);
        let tls = now.as_ref().map(|(tls, _)| tls.clone());
        drop(now);
        self.set_tls(tls.unwrap_or_default().certificate(certificate))
    }

    /// Replaces all of the node's TLS settings, for the handshakes to come.
    ///
    /// The node gets a new certificate; otherwise as
    /// [`set_certificate`](Self::set_certificate).
    ///
    /// # Errors
    ///
    /// As [`set_certificate`](Self::set_certificate).
    pub fn set_tls(&self, tls: Tls) -> Result<(), TlsError> {
        let certificates = self.shared.certificates.as_ref();
        let certificates = certificates.ok_or_else(TlsError::plain)?;
        let config = certificates.config(&tls, self.address().ip(), self.shared.http2)?;
        *lock(&self.node().security.now) = Some((tls, config));
        Ok(())
    }

    /// Returns the different server names that handshakes asked for (SNI).
    ///
    /// A client that connects to an IP address sends none, RFC 6066, section 3. At
    /// most 64 are kept.
    pub fn server_names(&self) -> Vec<String> {
        self.node().security.server_names.all()
    }

    /// Returns the names of the clients whose certificates were accepted.
    ///
    /// They are those given to
    /// [`TestCluster::issue_client`](crate::TestCluster::issue_client), and `client`
    /// for [`TestCluster::client_cert_pem`](crate::TestCluster::client_cert_pem). At
    /// most 64 are kept.
    pub fn client_names(&self) -> Vec<String> {
        self.node().security.client_names.all()
    }
}
