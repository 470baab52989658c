//! From a node's TLS settings to what rustls asks for.

use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::version::{TLS12, TLS13};
use rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion};

use super::{Tls, TlsError, Versions};

/// What a node shows, and proves to have.
pub(super) struct Shown {
    pub(super) certificate: CertificateDer<'static>,
    pub(super) key: PrivatePkcs8KeyDer<'static>,
}

pub(super) fn server(
    tls: &Tls,
    shown: Shown,
    clients: &CertificateDer<'static>,
    http2: bool,
) -> Result<Arc<ServerConfig>, TlsError> {
    // Named, because the process's default is the user's to choose.
    let provider = Arc::new(ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(versions(tls.versions))?;
    let builder = if tls.asks_client {
        let mut roots = RootCertStore::empty();
        roots.add(clients.clone())?;
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
        builder.with_client_cert_verifier(verifier.build()?)
    } else {
        builder.with_no_client_auth()
    };
    let mut config = builder.with_single_cert(vec![shown.certificate], shown.key.into())?;
    if tls.resumes {
        config.ticketer = ring::Ticketer::new()?;
    } else {
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
    }
    // A real node names no protocol, `alternator/controller.cc`.
    if http2 {
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    }
    Ok(Arc::new(config))
}

fn versions(versions: Versions) -> &'static [&'static SupportedProtocolVersion] {
    static BOTH: [&SupportedProtocolVersion; 2] = [&TLS13, &TLS12];
    match versions {
        Versions::Both => &BOTH,
        Versions::Only13 => &BOTH[..1],
        Versions::Only12 => &BOTH[1..],
    }
}
