//! The nodes' sockets, with and without TLS.

use std::{
    io,
    net::Ipv4Addr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;
use tower_muster::BoxError;

use super::{Nodes, Running, answer::Answers};

/// How many ports are tried for one that is free at all addresses.
const PORTS: usize = 20;

/// Binds all nodes, and serves from now on.
pub(super) async fn start(nodes: u8) -> Result<Running, BoxError> {
    let addresses: Vec<_> = (1..=nodes).map(|n| Ipv4Addr::new(127, 0, 0, n)).collect();
    let names: Vec<_> = addresses.iter().map(ToString::to_string).collect();
    let (tls, certificate) = acceptor(names.clone())?;
    let answers = Answers::new(&names);
    let accepted = Arc::<AtomicU64>::default();
    let (plain_port, plain) = bind(&addresses).await?;
    let (tls_port, secure) = bind(&addresses).await?;
    let plain = plain.into_iter().map(|listener| (listener, None));
    let secure = secure
        .into_iter()
        .map(|listener| (listener, Some(tls.clone())));
    for (listener, tls) in plain.chain(secure) {
        tokio::spawn(accept(
            listener,
            tls,
            Arc::clone(&answers),
            Arc::clone(&accepted),
        ));
    }
    let nodes = Nodes {
        addresses: names,
        plain_port,
        tls_port,
        certificate,
    };
    Ok(Running { nodes, accepted })
}

/// One port at all addresses: the nodes know each other by address only.
async fn bind(addresses: &[Ipv4Addr]) -> io::Result<(u16, Vec<TcpListener>)> {
    let mut result = Err(io::ErrorKind::AddrInUse.into());
    for _ in 0..PORTS {
        result = bind_all(addresses).await;
        if result.is_ok() {
            break;
        }
    }
    result
}

async fn bind_all(addresses: &[Ipv4Addr]) -> io::Result<(u16, Vec<TcpListener>)> {
    let mut port = 0;
    let mut listeners = Vec::new();
    for &address in addresses {
        let listener = TcpListener::bind((address, port)).await?;
        port = listener.local_addr()?.port();
        listeners.push(listener);
    }
    Ok((port, listeners))
}

/// TLS with a certificate made for all addresses.
fn acceptor(names: Vec<String>) -> Result<(TlsAcceptor, String), BoxError> {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names)?;
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)?;
    Ok((TlsAcceptor::from(Arc::new(config)), cert.pem()))
}

async fn accept(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    answers: Arc<Answers>,
    accepted: Arc<AtomicU64>,
) {
    while let Ok((socket, _)) = listener.accept().await {
        accepted.fetch_add(1, Relaxed);
        tokio::spawn(connection(socket, tls.clone(), Arc::clone(&answers)));
    }
}

/// Serves one connection; how it ends is the client's business.
async fn connection(socket: TcpStream, tls: Option<TlsAcceptor>, answers: Arc<Answers>) {
    let _ = socket.set_nodelay(true);
    match tls {
        None => serve(socket, answers).await,
        Some(tls) => {
            if let Ok(stream) = tls.accept(socket).await {
                serve(stream, answers).await;
            }
        }
    }
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, answers: Arc<Answers>) {
    let service = service_fn(|request| Arc::clone(&answers).answer(request));
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}
