//! A TLS handshake, counted.

use std::io;
use std::sync::Arc;

use rustls::{HandshakeKind, ServerConfig, server::Acceptor};
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;

use super::counters::count;
use super::traffic::Traffic;
use crate::routes::Connection;

/// Answers a client's hello; none if nothing came of it.
pub(super) async fn handshake(
    stream: Traffic,
    config: Arc<ServerConfig>,
    connection: &Connection,
) -> Option<TlsStream<Traffic>> {
    let counters = &connection.node().counters;
    let Ok(stream) = accept(stream, config, connection).await else {
        count(&counters.tls_failed);
        return None;
    };
    let (_, session) = stream.get_ref();
    match session.handshake_kind() {
        Some(HandshakeKind::Resumed) => count(&counters.tls_resumed),
        _ => count(&counters.tls_full),
    }
    match session.alpn_protocol() {
        Some(b"h2") => {
            count(&counters.alpn_h2);
            connection.set_http2();
        }
        Some(b"http/1.1") => count(&counters.alpn_http1),
        _ => {}
    }
    let client = session.peer_certificates().and_then(<[_]>::first);
    let certificates = connection.shared().certificates.as_ref();
    let name = client
        .zip(certificates)
        .and_then(|(client, certificates)| certificates.name_of(client));
    if let Some(name) = name {
        connection.node().security.client_names.record(&name);
    }
    Some(stream)
}

async fn accept(
    stream: Traffic,
    config: Arc<ServerConfig>,
    connection: &Connection,
) -> io::Result<TlsStream<Traffic>> {
    let start = LazyConfigAcceptor::new(Acceptor::default(), stream).await?;
    if let Some(name) = start.client_hello().server_name() {
        connection.node().security.server_names.record(name);
    }
    start.into_stream(config).await
}
