//! TLS of the nodes: which certificates they show, and what they ask of a client.

mod authority;
mod certificate;
mod certificates;
mod client;
mod config;
mod error;
mod handle;

pub use certificate::NodeCertificate;
pub use client::ClientIdentity;
pub use error::TlsError;

pub(crate) use certificates::Certificates;

/// What the nodes of a cluster do about TLS.
///
/// Given to [`TestClusterBuilder::tls`](crate::TestClusterBuilder::tls) for all nodes,
/// and to [`TestNode::set_tls`](crate::TestNode::set_tls) for one.
///
/// ```
/// use tower_muster_testkit::{NodeCertificate, TestCluster, Tls};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let shared = NodeCertificate::for_name("cluster.example");
/// let cluster = TestCluster::builder()
///     .topology("dc1:rack1=3")
///     .tls(Tls::new().certificate(shared.clone()))
///     .start()
///     .await?;
/// assert!(cluster.urls()[0].starts_with("https://127."));
/// assert!(cluster.ca_pem().starts_with("-----BEGIN CERTIFICATE-----"));
///
/// // One node's certificate runs out, and is renewed.
/// let node = &cluster.nodes()[0];
/// node.set_certificate(shared.clone().expired())?;
/// node.set_certificate(shared)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Tls {
    pub(crate) certificate: NodeCertificate,
    asks_client: bool,
    versions: Versions,
    resumes: bool,
}

#[derive(Clone, Copy, Debug)]
enum Versions {
    Both,
    Only12,
    Only13,
}

impl Default for Tls {
    fn default() -> Self {
        Self {
            certificate: NodeCertificate::for_address(),
            asks_client: false,
            versions: Versions::Both,
            resumes: true,
        }
    }
}

impl Tls {
    /// Makes the usual: a certificate for each node's address.
    ///
    /// TLS 1.2 and 1.3, with sessions that can be resumed, for any client.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the certificate that each node shows.
    ///
    /// The default is [`NodeCertificate::for_address`].
    #[must_use]
    pub fn certificate(mut self, certificate: NodeCertificate) -> Self {
        self.certificate = certificate;
        self
    }

    /// Refuses clients without a certificate of the cluster's authority.
    ///
    /// The default is to ask for none. Signatures are verified all the same.
    #[must_use]
    pub fn require_client_certificate(mut self) -> Self {
        self.asks_client = true;
        self
    }

    /// Speaks TLS 1.2 and nothing else.
    #[must_use]
    pub fn tls12_only(mut self) -> Self {
        self.versions = Versions::Only12;
        self
    }

    /// Speaks TLS 1.3 and nothing else.
    #[must_use]
    pub fn tls13_only(mut self) -> Self {
        self.versions = Versions::Only13;
        self
    }

    /// Sets whether a client is given tickets that resume its session.
    ///
    /// The default is true, as that of the server since 2026.3. When false no session
    /// is resumed in any form. Each node has a key of its own, so a ticket of one is
    /// nothing to another.
    #[must_use]
    pub fn session_tickets(mut self, given: bool) -> Self {
        self.resumes = given;
        self
    }
}
