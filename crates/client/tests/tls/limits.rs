//! How long a handshake may take.

use std::{error::Error, io, net::SocketAddr, time::Duration};

use hyper_util::client::legacy::connect::dns::Name;
use tokio::{net::TcpListener, time::timeout};
use tower::service_fn;
use tower_muster_client::{ConnectError, HttpClient, Tls};

use crate::{authority::Authority, get, server::Server, settings};

/// Takes connections and says nothing, as a node that hangs; the connections stay open.
async fn mute(address: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind(address).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((tcp, _)) = listener.accept().await {
            open.push(tcp);
        }
    });
    address
}

#[tokio::test]
async fn a_handshake_that_hangs_is_given_up() {
    let address = mute(SocketAddr::from(([127, 0, 0, 1], 0))).await;
    let limit = Duration::from_millis(200);
    let settings = settings(Tls::new().danger_accept_invalid_certs());
    let client: HttpClient = settings.connect_timeout(limit).build().unwrap();
    let uri = format!("https://{address}/").parse().unwrap();
    let error = get(&client, uri).await.unwrap_err();
    assert!(error.is_connect());
    let source = error.source().unwrap();
    assert!(source.downcast_ref::<ConnectError>().unwrap().is_timeout());
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_handshake_that_hangs_does_not_keep_from_the_names_other_address() {
    let authority = Authority::new();
    let server = Server::start(&authority.issue(&["node.example"])).await;
    let port = server.port();
    mute(SocketAddr::from(([127, 0, 0, 77], port))).await;
    let two = service_fn(async |_: Name| {
        let mute = SocketAddr::from(([127, 0, 0, 77], 0));
        let live = SocketAddr::from(([127, 0, 0, 1], 0));
        Ok::<_, io::Error>([mute, live].into_iter())
    });
    let settings = settings(Tls::new().ca_pem(authority.pem())).resolver(two);
    // Far more than the test takes: the second address does not wait for the first one's time to be over.
    let settings = settings.connect_timeout(Duration::from_secs(3600));
    let client: HttpClient = settings.build().unwrap();
    let asked = get(&client, server.uri_as("node.example"));
    let ended = timeout(Duration::from_secs(60), asked).await;
    ended.expect("it did not wait").unwrap();
}
