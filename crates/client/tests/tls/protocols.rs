//! HTTP/2, agreed on in the handshake.

use std::sync::Arc;

use tower_muster_client::{HttpClient, Tls};

use crate::{authority::Authority, chain, get, server::Setup, settings};

async fn ask(
    alpn: &'static [&'static [u8]],
    choose: impl FnOnce(tower_muster_client::ClientBuilder) -> tower_muster_client::ClientBuilder,
) -> Result<String, String> {
    let authority = Authority::new();
    let setup = Setup {
        alpn,
        ..Setup::default()
    };
    let server = setup.start(&authority.issue(&["127.0.0.1"])).await;
    let settings = choose(settings(Tls::new().ca_pem(authority.pem())));
    let client: HttpClient = settings.build().unwrap();
    let answer = get(&client, server.uri()).await;
    answer.map_err(|error| chain(&error))
}

#[tokio::test]
async fn http2_is_spoken_where_the_server_agrees() {
    let said = ask(&[b"h2", b"http/1.1"], |settings| settings.http2()).await;
    assert_eq!(said.as_deref(), Ok("served by HTTP/2.0"));
}

#[tokio::test]
async fn http1_is_spoken_where_the_server_does_not_know_the_other() {
    const NO: &[&[u8]] = &[];
    const HTTP1: &[&[u8]] = &[b"http/1.1"];
    for alpn in [NO, HTTP1] {
        let said = ask(alpn, |settings| settings.http2()).await;
        assert_eq!(said.as_deref(), Ok("served by HTTP/1.1"), "{alpn:?}");
    }
}

#[tokio::test]
async fn http1_is_spoken_unless_more_is_asked_for() {
    let said = ask(&[b"h2", b"http/1.1"], |settings| settings).await;
    assert_eq!(said.as_deref(), Ok("served by HTTP/1.1"));
}

#[tokio::test]
async fn nothing_but_http2_is_spoken_if_it_is_known_beforehand() {
    let said = ask(&[b"h2"], |settings| settings.http2_prior_knowledge()).await;
    assert_eq!(said.as_deref(), Ok("served by HTTP/2.0"));
    let said = ask(&[b"http/1.1"], |settings| settings.http2_prior_knowledge()).await;
    let error = said.unwrap_err();
    assert!(error.contains("NoApplicationProtocol"), "{error}");
}

#[tokio::test]
async fn http2_that_only_ones_own_configuration_offers_names_the_server_by_its_own_name() {
    let authority = Authority::new();
    let setup = Setup {
        alpn: &[b"h2"],
        ..Setup::default()
    };
    let server = setup.start(&authority.issue(&["127.0.0.1"])).await;
    let config = Tls::new().ca_pem(authority.pem()).client_config();
    let mut config = config.unwrap();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let client: HttpClient = settings(Tls::new().rustls_config(Arc::new(config)))
        .build()
        .unwrap();
    let said = get(&client, server.uri()).await.unwrap();
    assert_eq!(said, "served by HTTP/2.0");
}
