//! Which connections are kept, and for how long.

use std::time::Duration;

use hyper_util::client::legacy::connect::HttpInfo;
use tower_muster_client::{ClientBuilder, HttpClient};

use crate::{
    get,
    server::{Event, Server},
};

#[tokio::test]
async fn a_connection_is_used_again() {
    let mut server = Server::start().await;
    let client: HttpClient = ClientBuilder::new().build().unwrap();
    for _ in 0..10 {
        let said = get(&client, server.uri()).await.unwrap();
        assert_eq!(said, "served by HTTP/1.1");
    }
    assert_eq!(server.event().await, Event::Opened);
    assert!(server.is_quiet(), "ten requests, one connection");
}

#[tokio::test]
async fn an_idle_connection_is_closed_without_another_request() {
    let mut server = Server::start().await;
    let settings = ClientBuilder::new().idle_timeout(Duration::from_millis(100));
    let client: HttpClient = settings.build().unwrap();
    get(&client, server.uri()).await.unwrap();
    assert_eq!(server.event().await, Event::Opened);
    // The pool's own timer does it: nothing else happens here.
    assert_eq!(server.event().await, Event::Closed);
    drop(client);
}

#[tokio::test]
async fn without_idle_connections_each_request_has_its_own() {
    let mut server = Server::start().await;
    let settings = ClientBuilder::new().max_idle_per_host(0);
    let client: HttpClient = settings.build().unwrap();
    for _ in 0..3 {
        get(&client, server.uri()).await.unwrap();
        assert_eq!(server.event().await, Event::Opened);
        assert_eq!(server.event().await, Event::Closed);
    }
}

#[tokio::test]
async fn a_response_tells_which_address_it_is_from_if_it_is_to() {
    let server = Server::start().await;
    let settings = ClientBuilder::new();
    for (shown, told) in [(false, None), (true, Some(server.address))] {
        let client: HttpClient = settings.clone().connection_info(shown).build().unwrap();
        let response = client.get(server.uri()).await.unwrap();
        let info = response.extensions().get::<HttpInfo>();
        assert_eq!(info.map(HttpInfo::remote_addr), told);
    }
}

#[tokio::test]
async fn clients_with_other_bodies_come_from_the_same_settings() {
    let server = Server::start().await;
    let settings = ClientBuilder::new();
    let empty: HttpClient<http_body_util::Empty<bytes::Bytes>> = settings.build().unwrap();
    let text: HttpClient<String> = settings.build().unwrap();
    assert!(empty.get(server.uri()).await.is_ok());
    assert!(text.get(server.uri()).await.is_ok());
}
