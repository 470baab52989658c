//! The layer below TLS, where the made-up name is verified, and above it, where the node's own is.

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, StatusCode, Uri};
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{
        Client,
        connect::{Connect, HttpConnector},
    },
    rt::TokioExecutor,
};
use rcgen::generate_simple_self_signed;
use rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    crypto::ring::default_provider,
    pki_types::{CertificateDer, PrivateKeyDer},
};
use tower::Layer;
use tower_muster::{Cluster, ConnectLayer, health::State, policy::Random};
use tower_muster_tests::{Error, Result, sources};

use super::server::{Server, Speaks};

const HOST: &str = "cluster.example";
const NAME: &str = "https://cluster.example:8043";

/// A server whose certificate is for `name`, and the certificate.
async fn server(host: &str, name: &str) -> (Server, CertificateDer<'static>) {
    let made = generate_simple_self_signed([name.to_owned()]).unwrap();
    let certificate = made.cert.der().clone();
    let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let config = ServerConfig::builder_with_provider(default_provider().into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .unwrap();
    let speaks = Speaks::Tls(Arc::new(config));
    (Server::start(host, speaks).await, certificate)
}

/// TLS over a connector, which trusts each of the certificates.
fn tls<C>(over: C, trusted: impl IntoIterator<Item = CertificateDer<'static>>) -> HttpsConnector<C>
where
    C: tower::Service<Uri>,
    HttpsConnector<C>: tower::Service<Uri>,
{
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(trusted);
    let config = ClientConfig::builder_with_provider(default_provider().into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let builder = HttpsConnectorBuilder::new().with_tls_config(config);
    builder.https_only().enable_http1().wrap_connector(over)
}

fn plain() -> HttpConnector {
    let mut connector = HttpConnector::new();
    connector.enforce_http(false);
    connector
}

/// A call over a connection of its own.
async fn call<C>(connector: &C) -> Result<StatusCode>
where
    C: Connect + Clone + Send + Sync + 'static,
{
    let client = Client::builder(TokioExecutor::new()).build::<_, Full<Bytes>>(connector.clone());
    let request = Request::get(NAME).body(Full::default())?;
    Ok(client.request(request).await?.status())
}

fn layer(servers: &[&Server]) -> Result<(Cluster, ConnectLayer<Random>)> {
    let cluster = Cluster::fixed(servers.iter().map(|server| server.node.clone()))?;
    let layer = ConnectLayer::new(cluster.clone(), Random::new(), NAME)?;
    Ok((cluster, layer))
}

fn texts(error: &Error) -> String {
    let texts: Vec<_> = sources(&**error).map(ToString::to_string).collect();
    texts.join(": ")
}

#[tokio::test]
async fn below_tls_it_is_the_made_up_name_that_is_verified() -> Result {
    let (one, of_one) = server("127.0.0.1", HOST).await;
    let (two, of_two) = server("127.0.0.1", HOST).await;
    let connector = tls(layer(&[&one, &two])?.1.layer(plain()), [of_one, of_two]);
    for _ in 0..20 {
        assert_eq!(call(&connector).await?, 200);
    }
    assert!(one.connections() > 0 && two.connections() > 0);
    assert_eq!(one.connections() + two.connections(), 20);
    Ok(())
}

#[tokio::test]
async fn below_tls_a_certificate_for_the_nodes_own_address_is_refused() -> Result {
    let (one, of_one) = server("127.0.0.1", "127.0.0.1").await;
    let connector = tls(layer(&[&one])?.1.layer(plain()), [of_one]);
    let error = call(&connector).await.unwrap_err();
    assert!(
        texts(&error).contains("not valid for name"),
        "{}",
        texts(&error)
    );
    Ok(())
}

#[tokio::test]
async fn below_tls_a_handshake_that_fails_is_the_callers_and_no_other_node_is_tried() -> Result {
    let (one, of_one) = server("127.0.0.1", HOST).await;
    let (two, of_two) = server("127.0.0.1", "127.0.0.1").await;
    let (cluster, layer) = layer(&[&one, &two])?;
    let connector = tls(layer.layer(plain()), [of_one, of_two]);
    // Far more than chance needs to find each of the two, again after it has failed.
    for _ in 0..60 {
        let bad = two.connections();
        match call(&connector).await {
            Ok(_) => assert_eq!(two.connections(), bad, "it was served by the other"),
            Err(error) => assert!(texts(&error).contains("not valid for name")),
        }
    }
    assert_eq!(one.connections() + two.connections(), 60);
    assert!(two.connections() > 1, "{}", two.connections());
    for node in cluster.nodes() {
        assert_eq!(node.state(), State::Active, "{}", node.node());
    }
    Ok(())
}

#[tokio::test]
async fn above_tls_it_is_the_nodes_own_name_that_is_verified() -> Result {
    let (one, of_one) = server("127.0.0.1", "127.0.0.1").await;
    let (two, of_two) = server("127.0.0.2", "127.0.0.2").await;
    let connector = layer(&[&one, &two])?
        .1
        .layer(tls(plain(), [of_one, of_two]));
    for _ in 0..20 {
        assert_eq!(call(&connector).await?, 200);
    }
    assert!(one.connections() > 0 && two.connections() > 0);
    Ok(())
}

#[tokio::test]
async fn above_tls_a_node_with_a_wrong_certificate_is_passed_over() -> Result {
    let (one, of_one) = server("127.0.0.1", "127.0.0.1").await;
    let (two, of_two) = server("127.0.0.2", HOST).await;
    let (cluster, layer) = layer(&[&one, &two])?;
    let connector = layer.layer(tls(plain(), [of_one, of_two]));
    while two.connections() == 0 {
        assert_eq!(call(&connector).await?, 200);
    }
    let nodes = cluster.nodes();
    let of_two = nodes.iter().find(|status| **status.node() == two.node);
    assert_eq!(of_two.unwrap().state(), State::Down);
    Ok(())
}
