//! HTTPS through rustls.

mod build;
mod error;
mod handshake;
mod identity;
mod key_log;
mod pem;
mod reload;
mod roots;
mod sessions;
mod stamp;
mod verify;

use std::{fmt, path::PathBuf, sync::Arc};

use rustls::{ClientConfig, client::ResolvesClientCert};

pub use self::error::TlsError;
pub(crate) use self::handshake::Handshakes;
use self::{
    identity::Identity,
    key_log::KeyLogTo,
    pem::Pem,
    reload::{Observer, Reloading},
    roots::Roots,
};

/// Says how https is done: whom to trust, who the client is.
///
/// | option | default | who needs it |
/// |---|---|---|
/// | [`ca_file`](Self::ca_file), [`ca_pem`](Self::ca_pem) | none | clusters with a CA of their own, which most have |
/// | [`platform_roots`](Self::platform_roots) | on if no CA is given | nodes with certificates of a public CA, or a CA that the machine trusts |
/// | [`client_cert_file`](Self::client_cert_file), [`client_cert_pem`](Self::client_cert_pem), [`client_cert_resolver`](Self::client_cert_resolver) | none | clusters that ask clients for a certificate |
/// | [`on_client_cert_reload`](Self::on_client_cert_reload) | nobody | who wants to know of a certificate that could not be renewed |
/// | [`server_name`](Self::server_name) | each node's own host | nodes that share one certificate, with one name in it |
/// | [`session_resumption`](Self::session_resumption) | on | off: who counts the links between connections as a leak |
/// | [`tls13_only`](Self::tls13_only) | off, TLS 1.2 and 1.3 | rules that ask for it |
/// | [`key_log_file`](Self::key_log_file), [`key_log_env`](Self::key_log_env) | off | who reads the traffic with Wireshark |
/// | [`danger_accept_invalid_certs`](Self::danger_accept_invalid_certs) | off | a test cluster whose certificates nobody signed |
/// | [`rustls_config`](Self::rustls_config) | built from the above | another crypto provider, pinning, revocation lists, hardware keys |
///
/// ```
/// use tower_muster_client::{ClientBuilder, HttpClient, Tls};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let mut authority = rcgen::CertificateParams::new(Vec::new())?;
/// # authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
/// # let cluster_ca = authority.self_signed(&rcgen::KeyPair::generate()?)?.pem();
/// let tls = Tls::new()
///     .ca_pem(cluster_ca)
///     .server_name("cluster.example");
/// let client: HttpClient = ClientBuilder::new().tls(tls).build()?;
///
/// let error = Tls::new().ca_file("/no/such/ca.pem").client_config().unwrap_err();
/// assert_eq!(error.to_string(), "ca_file /no/such/ca.pem: cannot be read");
/// # Ok(())
/// # }
/// ```
///
/// The cryptography is ring's, whatever the process's default provider is. Files are read when the client is
/// built. rustls renews no roots: a client that is to trust a new CA is built anew, or given both beforehand.
#[derive(Clone, Default)]
#[must_use = "settings do nothing until a client is built with them"]
pub struct Tls {
    roots: Roots,
    identity: Option<Identity>,
    observer: Option<Observer>,
    server_name: Option<String>,
    is_unverified: bool,
    is_tls13_only: bool,
    is_without_resumption: bool,
    key_log: Option<KeyLogTo>,
    own: Option<Arc<ClientConfig>>,
}

impl Tls {
    /// Returns the defaults: the machine's roots, each node's own name.
    pub fn new() -> Self {
        Self::default()
    }

    /// Trusts the certificates in a PEM file; may be said several times.
    ///
    /// The machine's roots are then trusted only if [`platform_roots`](Self::platform_roots) says so.
    pub fn ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        let setting = "ca_file";
        self.roots.private.push(Pem::File { setting, path });
        self
    }

    /// Trusts the certificates in a PEM text; may be said several times.
    ///
    /// The machine's roots are then trusted only if [`platform_roots`](Self::platform_roots) says so.
    pub fn ca_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        let bytes = pem.into();
        let setting = "ca_pem";
        self.roots.private.push(Pem::Bytes { setting, bytes });
        self
    }

    /// Trusts whom the machine trusts, beside the CAs that were given.
    ///
    /// `SSL_CERT_FILE` and `SSL_CERT_DIR` take the machine's place, as they do for OpenSSL. Reading them may
    /// take some hundred milliseconds, once, when the client is built.
    pub fn platform_roots(mut self) -> Self {
        self.roots.is_platform = true;
        self
    }

    /// Shows nodes a certificate, from PEM files that may change.
    ///
    /// A node that refuses it says so after the handshake in TLS 1.3: the request fails, not the connecting.
    ///
    /// The certificate's file holds its chain too, the client's own first. Before each new connection the
    /// files' times and lengths are looked at (on Unix also which files they are, and when their owner or mode
    /// changed), off the runtime's workers; changed files are read again, and
    /// sessions under the old certificate are forgotten. Connections that stand stay as they are. Files that
    /// do not fit each other, or cannot be read, leave the old pair in use:
    /// [`on_client_cert_reload`](Self::on_client_cert_reload) is told. What cannot be read is tried again after
    /// 5 s, also if nothing is seen to have changed.
    pub fn client_cert_file(
        mut self,
        certificate: impl Into<PathBuf>,
        key: impl Into<PathBuf>,
    ) -> Self {
        self.identity = Some(Identity::Files {
            certificate: certificate.into(),
            key: key.into(),
        });
        self
    }

    /// Shows nodes a certificate, from PEM texts.
    pub fn client_cert_pem(
        mut self,
        certificate: impl Into<Vec<u8>>,
        key: impl Into<Vec<u8>>,
    ) -> Self {
        let certificate = Pem::Bytes {
            setting: "client_cert_pem (certificate)",
            bytes: certificate.into(),
        };
        let key = Pem::Bytes {
            setting: "client_cert_pem (key)",
            bytes: key.into(),
        };
        self.identity = Some(Identity::Bytes { certificate, key });
        self
    }

    /// Shows nodes what `resolver` says, for keys that are kept elsewhere.
    pub fn client_cert_resolver(mut self, resolver: Arc<dyn ResolvesClientCert>) -> Self {
        self.identity = Some(Identity::Own(resolver));
        self
    }

    /// Tells how each reload of [`client_cert_file`](Self::client_cert_file) went.
    ///
    /// It is told once for each change of the files, and when what could not be read can be, from a thread that
    /// may block.
    pub fn on_client_cert_reload(
        mut self,
        observer: impl Fn(Result<(), TlsError>) + Send + Sync + 'static,
    ) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Expects this name in every node's certificate, and asks for it (SNI).
    ///
    /// By default the host that is connected to is expected: a DNS name, or an address that the certificate
    /// names as such.
    pub fn server_name(mut self, name: impl Into<String>) -> Self {
        self.server_name = Some(name.into());
        self
    }

    /// Trusts **any** certificate: of anybody, for any name, expired.
    ///
    /// The traffic is encrypted, and who sits between client and node reads and changes it all the same. Only
    /// one thing is still checked: that the other side has the key of the certificate that it shows.
    pub fn danger_accept_invalid_certs(mut self) -> Self {
        self.is_unverified = true;
        self
    }

    /// Sets whether a node that comes back is greeted with the session it knows; on by default.
    ///
    /// A resumed handshake has no certificates in it, and costs a small part of a full one. Eight tickets are
    /// kept for each node, whatever it is called, so that what is kept grows with the cluster; of more than
    /// 1024 nodes some are forgotten.
    pub fn session_resumption(mut self, on: bool) -> Self {
        self.is_without_resumption = !on;
        self
    }

    /// Refuses TLS 1.2.
    pub fn tls13_only(mut self) -> Self {
        self.is_tls13_only = true;
        self
    }

    /// Appends every connection's secrets to a file, in NSS's format.
    ///
    /// Who has the file reads the traffic. It is made readable for its owner only; the mode of one that
    /// exists stays as it is.
    pub fn key_log_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.key_log = Some(KeyLogTo::Path(path.into()));
        self
    }

    /// Does so with the file that `SSLKEYLOGFILE` names, if it is set.
    ///
    /// Without this call the variable is not looked at.
    pub fn key_log_env(mut self) -> Self {
        self.key_log = Some(KeyLogTo::Env);
        self
    }

    /// Uses a configuration of rustls as it is.
    ///
    /// Beside it only [`server_name`](Self::server_name) may be set; any other option is an error. What the
    /// client's protocol asks for (ALPN) is added if the configuration names none.
    pub fn rustls_config(mut self, config: Arc<ClientConfig>) -> Self {
        self.own = Some(config);
        self
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls")
            .field("roots", &self.roots)
            .field("identity", &self.identity)
            .field("server_name", &self.server_name)
            .field("danger_accept_invalid_certs", &self.is_unverified)
            .field("tls13_only", &self.is_tls13_only)
            .field("session_resumption", &!self.is_without_resumption)
            .field("key_log", &self.key_log)
            .field("rustls_config", &self.own.is_some())
            .finish_non_exhaustive()
    }
}
