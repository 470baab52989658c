//! A node that speaks TLS, and tells what it saw.

use std::{
    convert::Infallible,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
};

use bytes::Bytes;
use http::{Response, Uri};
use http_body_util::Full;
use hyper::{
    server::conn::{http1, http2},
    service::service_fn,
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::{
    HandshakeKind, KeyLog, RootCertStore, ServerConfig, SupportedProtocolVersion,
    crypto::ring::{self, sign::any_supported_type},
    pki_types::CertificateDer,
    server::WebPkiClientVerifier,
    sign::{CertifiedKey, SingleCertAndKey},
    version::{TLS12, TLS13},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use crate::authority::{Authority, Pair};

/// Versions of TLS that a node speaks.
pub(crate) type Versions = &'static [&'static SupportedProtocolVersion];

static ALL: [&SupportedProtocolVersion; 2] = [&TLS13, &TLS12];
pub(crate) static ONLY_1_2: [&SupportedProtocolVersion; 1] = [&TLS12];
pub(crate) static ONLY_1_3: [&SupportedProtocolVersion; 1] = [&TLS13];

/// How a server is set up; each test changes what it is about.
pub(crate) struct Setup {
    pub(crate) ip: IpAddr,
    pub(crate) versions: Versions,
    pub(crate) alpn: &'static [&'static [u8]],
    /// Who signs the certificates that clients must have.
    pub(crate) clients: Option<CertificateDer<'static>>,
    pub(crate) key_log: Option<Arc<dyn KeyLog>>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            ip: Ipv4Addr::LOCALHOST.into(),
            versions: &ALL,
            alpn: &[],
            clients: None,
            key_log: None,
        }
    }
}

/// What a node saw of a connection.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) kind: Option<HandshakeKind>,
    /// The client's certificate.
    pub(crate) client: Option<CertificateDer<'static>>,
    /// The name that was asked for.
    pub(crate) name: Option<String>,
    pub(crate) version: Option<rustls::ProtocolVersion>,
}

pub(crate) struct Server {
    address: SocketAddr,
    seen: mpsc::UnboundedReceiver<Seen>,
}

impl Setup {
    /// Requires clients to show a certificate of `authority`.
    pub(crate) fn asking(authority: &Authority) -> Self {
        let clients = Some(authority.der());
        Self {
            clients,
            ..Self::default()
        }
    }

    pub(crate) async fn start(self, pair: &Pair) -> Server {
        let listener = TcpListener::bind(SocketAddr::from((self.ip, 0)))
            .await
            .unwrap();
        let address = listener.local_addr().unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(self.config(pair)));
        let (sender, seen) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                tokio::spawn(serve(acceptor.clone(), tcp, sender.clone()));
            }
        });
        Server { address, seen }
    }

    fn config(&self, pair: &Pair) -> ServerConfig {
        let provider = Arc::new(ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(self.versions)
            .unwrap();
        let builder = match &self.clients {
            Some(root) => {
                let mut roots = RootCertStore::empty();
                roots.add(root.clone()).unwrap();
                let verifier =
                    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
                builder.with_client_cert_verifier(verifier.build().unwrap())
            }
            None => builder.with_no_client_auth(),
        };
        let key = any_supported_type(&pair.key()).unwrap();
        // Without the check whether the two belong together: one test needs a pair that does not.
        let certified = CertifiedKey::new(vec![pair.certificate()], key);
        let mut config = builder.with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
        if let Some(log) = &self.key_log {
            config.key_log = Arc::clone(log);
        }
        config.alpn_protocols = self.alpn.iter().map(|name| name.to_vec()).collect();
        config
    }
}

impl Server {
    /// Starts a node that is set up as most are.
    pub(crate) async fn start(pair: &Pair) -> Self {
        Setup::default().start(pair).await
    }

    /// Where it is, by address.
    pub(crate) fn uri(&self) -> Uri {
        format!("https://{}/", self.address).parse().unwrap()
    }

    /// Where it is, by a name.
    pub(crate) fn uri_as(&self, name: &str) -> Uri {
        let port = self.address.port();
        format!("https://{name}:{port}/").parse().unwrap()
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// The next connection whose handshake was done.
    pub(crate) async fn seen(&mut self) -> Seen {
        self.seen.recv().await.expect("the server runs")
    }
}

async fn serve(acceptor: TlsAcceptor, tcp: TcpStream, sender: mpsc::UnboundedSender<Seen>) {
    let Ok(stream) = acceptor.accept(tcp).await else {
        return;
    };
    let is_h2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    let _ = sender.send(look(&stream));
    let service = service_fn(async |request: http::Request<hyper::body::Incoming>| {
        // HTTP/2 says in each request whose it is.
        let host = request.uri().host();
        let said = match host.is_none_or(|host| host.contains(char::is_alphanumeric)) {
            true => format!("served by {:?}", request.version()),
            false => format!("nobody is called {host:?}"),
        };
        Ok::<_, Infallible>(Response::new(Full::new(Bytes::from(said))))
    });
    let io = TokioIo::new(stream);
    // How it ends is the client's to say.
    if is_h2 {
        let builder = http2::Builder::new(TokioExecutor::new());
        let _ = builder.serve_connection(io, service).await;
    } else {
        let _ = http1::Builder::new().serve_connection(io, service).await;
    }
}

fn look(stream: &TlsStream<TcpStream>) -> Seen {
    let connection = stream.get_ref().1;
    let client = connection.peer_certificates().and_then(<[_]>::first);
    Seen {
        kind: connection.handshake_kind(),
        client: client.map(|certificate| certificate.clone().into_owned()),
        name: connection.server_name().map(str::to_owned),
        version: connection.protocol_version(),
    }
}
