//! What a test is given of the cluster's certificates.

use super::{Certificates, ClientIdentity, TlsError};
use crate::cluster::TestCluster;

/// Certificates, for clients; see [`TestClusterBuilder::tls`](crate::TestClusterBuilder::tls).
///
/// Those that return PEM return an empty text for a cluster without TLS.
impl TestCluster {
    /// Returns the certificate of the authority that clients are to trust, as PEM.
    pub fn ca_pem(&self) -> &str {
        self.certificates().map_or("", Certificates::ca_pem)
    }

    /// Returns the certificate of the authority behind untrusted certificates, as PEM.
    ///
    /// See [`NodeCertificate::by_untrusted_authority`](crate::NodeCertificate::by_untrusted_authority).
    pub fn untrusted_ca_pem(&self) -> &str {
        self.certificates()
            .map_or("", Certificates::untrusted_ca_pem)
    }

    /// Returns a certificate for a client that the nodes accept, as PEM.
    pub fn client_cert_pem(&self) -> &str {
        self.certificates()
            .map_or("", |certificates| certificates.client().cert_pem())
    }

    /// Returns the key of [`client_cert_pem`](Self::client_cert_pem), as PEM.
    pub fn client_key_pem(&self) -> &str {
        self.certificates()
            .map_or("", |certificates| certificates.client().key_pem())
    }

    /// Issues one more certificate for a client that the nodes accept.
    ///
    /// Nodes tell the name at [`TestNode::client_names`](crate::TestNode::client_names).
    ///
    /// # Errors
    ///
    /// Returns a [`TlsError`] if the cluster was started without TLS.
    pub fn issue_client(&self, name: &str) -> Result<ClientIdentity, TlsError> {
        self.issue(name, true)
    }

    /// Issues a certificate for a client that the nodes refuse.
    ///
    /// It is signed by the authority of [`untrusted_ca_pem`](Self::untrusted_ca_pem).
    ///
    /// # Errors
    ///
    /// As [`issue_client`](Self::issue_client).
    pub fn issue_untrusted_client(&self, name: &str) -> Result<ClientIdentity, TlsError> {
        self.issue(name, false)
    }

    fn issue(&self, name: &str, trusted: bool) -> Result<ClientIdentity, TlsError> {
        let certificates = self.certificates().ok_or_else(TlsError::plain)?;
        certificates.issue_client(name, trusted)
    }

    fn certificates(&self) -> Option<&Certificates> {
        self.nodes().first()?.shared.certificates.as_ref()
    }
}
