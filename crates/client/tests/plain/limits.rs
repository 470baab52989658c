//! How long making a connection may take, and what is no place to connect to.

use std::{error::Error, io, net::SocketAddr, time::Duration};

use hyper_util::client::legacy::connect::dns::Name;
use tokio::net::TcpListener;
use tower::service_fn;
use tower_muster_client::{ClientBuilder, ConfigError, HttpClient};

use crate::{connect_error, get, server::Server};

const SOON: Duration = Duration::from_millis(200);

/// A listener whose queue is full: Linux drops the packets of who else wants to connect.
#[cfg(target_os = "linux")]
async fn black_hole() -> (SocketAddr, Vec<tokio::net::TcpStream>, impl Sized) {
    use tokio::{
        net::{TcpSocket, TcpStream},
        time::timeout,
    };

    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut queue = Vec::new();
    // Long enough that a slow machine is not taken for a full queue.
    while let Ok(connected) = timeout(SOON * 5, TcpStream::connect(address)).await {
        queue.push(connected.unwrap());
    }
    (address, queue, listener)
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn an_address_that_swallows_packets_is_given_up() {
    let (address, _queue, _listener) = black_hole().await;
    let client: HttpClient = ClientBuilder::new().connect_timeout(SOON).build().unwrap();
    let uri = format!("http://{address}/").parse().unwrap();
    let error = get(&client, uri).await.unwrap_err();
    let error = connect_error(&error);
    assert!(error.is_timeout());
    let said = format!("connect to {address}: not done within 200ms (connect_timeout)");
    assert_eq!(error.to_string(), said);
    let source = error.source().unwrap().downcast_ref::<io::Error>().unwrap();
    assert_eq!(source.kind(), io::ErrorKind::TimedOut);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_name_with_a_dead_address_is_reached_at_its_other() {
    let server = Server::start().await;
    let port = server.address.port();
    // Both addresses have the URI's port: the dead one refuses.
    let client: HttpClient = ClientBuilder::new()
        .resolver(service_fn(async |_: Name| {
            let dead = SocketAddr::from(([127, 0, 0, 99], 0));
            let live = SocketAddr::from(([127, 0, 0, 1], 0));
            Ok::<_, io::Error>([dead, live].into_iter())
        }))
        .connect_timeout(Duration::from_secs(30))
        .build()
        .unwrap();
    let uri = format!("http://node.example:{port}/").parse().unwrap();
    assert_eq!(get(&client, uri).await.unwrap(), "served by HTTP/1.1");
}

#[tokio::test(start_paused = true)]
async fn a_resolver_that_does_not_answer_is_given_up() {
    let never = service_fn(async |_: Name| {
        std::future::pending::<()>().await;
        Ok::<_, io::Error>(std::iter::empty())
    });
    let client: HttpClient = ClientBuilder::new().resolver(never).build().unwrap();
    let error = get(&client, "http://node.example/".parse().unwrap()).await;
    let error = error.unwrap_err();
    assert!(connect_error(&error).is_timeout());
}

#[tokio::test]
async fn a_name_without_addresses_is_told_from_one_that_cannot_be_asked_for() {
    let nobody = service_fn(async |name: Name| match name.as_str() {
        "empty.example" => Ok(std::iter::empty()),
        _ => Err(io::Error::other("no name server")),
    });
    let client: HttpClient = ClientBuilder::new().resolver(nobody).build().unwrap();
    for (host, has_source) in [("empty.example", false), ("other.example", true)] {
        let uri = format!("http://{host}/").parse().unwrap();
        let error = get(&client, uri).await.unwrap_err();
        let error = connect_error(&error);
        let said = format!("connect to {host}: the name gave no address");
        assert_eq!(error.to_string(), said);
        assert_eq!(error.source().is_some(), has_source);
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_refused_connection_says_where() {
    // An address of its own, so that no other test gets the port.
    let listener = TcpListener::bind("127.0.0.98:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let client: HttpClient = ClientBuilder::new().build().unwrap();
    let uri = format!("http://{address}/").parse().unwrap();
    let error = get(&client, uri).await.unwrap_err();
    let error = connect_error(&error);
    assert_eq!(error.to_string(), format!("connect to {address}: failed"));
    assert!(!error.is_timeout());
}

#[tokio::test]
async fn places_that_cannot_be_connected_to_are_told() {
    let client: HttpClient = ClientBuilder::new().build().unwrap();
    for (uri, wanted) in [
        ("https://10.0.0.1:8043/", "the client has no TLS"),
        ("ftp://10.0.0.1/", "no http or https URI"),
    ] {
        let error = get(&client, uri.parse().unwrap()).await.unwrap_err();
        let said = connect_error(&error).to_string();
        assert!(said.contains(wanted), "{uri}: {said}");
    }
    // hyper-util's own refusal: it looks for the host before it connects.
    let error = get(&client, "/path".parse().unwrap()).await.unwrap_err();
    assert!(
        error.to_string().contains("UserAbsoluteUriRequired"),
        "{error}"
    );
    assert!(!error.is_connect(), "nothing was connected to: {error:?}");
}

#[tokio::test]
async fn a_users_name_and_password_are_not_repeated() {
    let client: HttpClient = ClientBuilder::new().build().unwrap();
    let uri = "https://user:secret@10.0.0.1/".parse().unwrap();
    let error = get(&client, uri).await.unwrap_err();
    assert!(!format!("{error:?}").contains("secret"), "{error:?}");
}

#[test]
fn no_time_at_all_is_refused_by_name() {
    let settings = ClientBuilder::new().connect_timeout(Duration::ZERO);
    let error = settings.build::<String>().unwrap_err();
    assert!(matches!(error, ConfigError::Zero { .. }));
    assert!(error.to_string().starts_with("connect_timeout: "));
}
