//! The host that is signed is the host that is sent.

use http::HeaderValue;
use tower_muster_sigv4::ErrorKind;

use crate::support::verifier::verifies;
use crate::support::{SECRET, layer, list_tables, refused, send};

async fn host_sent_to(uri: &str) -> String {
    let sent = send(layer(), list_tables(uri)).await.expect("sent");
    assert!(verifies(&sent, SECRET), "{uri}");
    sent.headers()["host"].to_str().expect("ASCII").to_owned()
}

#[tokio::test]
async fn without_a_host_header_the_uris_authority_is_signed_and_sent() {
    assert_eq!(
        host_sent_to("http://127.0.0.1:8000/").await,
        "127.0.0.1:8000"
    );
    assert_eq!(host_sent_to("http://node.example").await, "node.example");
    assert_eq!(host_sent_to("http://node.example:/").await, "node.example");
}

#[tokio::test]
async fn only_the_schemes_own_port_is_left_out() {
    assert_eq!(host_sent_to("http://node:80/").await, "node");
    assert_eq!(host_sent_to("https://node:443/").await, "node");
    assert_eq!(host_sent_to("http://node:443/").await, "node:443");
    assert_eq!(host_sent_to("https://node:80/").await, "node:80");
}

#[tokio::test]
async fn an_ipv6_host_keeps_its_brackets() {
    assert_eq!(
        host_sent_to("http://[2001:db8::1]:8000/").await,
        "[2001:db8::1]:8000"
    );
    assert_eq!(host_sent_to("http://[::1]:80/").await, "[::1]");
}

#[tokio::test]
async fn a_users_name_and_password_in_the_uri_are_not_sent_as_host() {
    assert_eq!(
        host_sent_to("http://user:pass@node:8000/").await,
        "node:8000"
    );
}

#[tokio::test]
async fn a_host_header_wins_over_the_uri_and_stays_as_it_is() {
    for given in [
        "cluster.example:8000",
        "cluster.example:80",
        "[::1]:8000",
        " spaced ",
    ] {
        let mut request = list_tables("http://127.0.0.1:8000/");
        request
            .headers_mut()
            .insert("host", given.parse().expect("a value"));
        let sent = send(layer(), request).await.expect("sent");
        assert_eq!(sent.headers()["host"], given);
        assert!(verifies(&sent, SECRET), "{given}");
    }
}

#[tokio::test]
async fn a_relative_uri_needs_a_host_header() {
    let error = refused(layer(), list_tables("/")).await;
    assert_eq!(error.kind(), &ErrorKind::HostMissing);

    let mut request = list_tables("/");
    request
        .headers_mut()
        .insert("host", HeaderValue::from_static("node:8000"));
    let sent = send(layer(), request).await.expect("sent");
    assert!(verifies(&sent, SECRET));
}

#[tokio::test]
async fn a_host_header_that_is_no_host_is_refused_by_value() {
    for (bad, shown) in [
        ("", ""),
        ("nöde", "nöde"),
        ("node:port", "node:port"),
        ("node:+80", "node:+80"),
        ("node:99999", "node:99999"),
        ("user:hidden@node", "***@node"),
        ("a b", "a b"),
        ("[::1", "[::1"),
        ("node/", "node/"),
    ] {
        let mut request = list_tables("http://127.0.0.1:8000/");
        let value = HeaderValue::from_bytes(bad.as_bytes()).expect("a value");
        request.headers_mut().insert("host", value);
        let error = refused(layer(), request).await;
        assert!(
            matches!(error.kind(), ErrorKind::HostInvalid { value, .. } if value == shown),
            "{bad:?}: {error}"
        );
    }
}

#[tokio::test]
async fn two_host_headers_are_refused() {
    let mut request = list_tables("http://127.0.0.1:8000/");
    request
        .headers_mut()
        .append("host", HeaderValue::from_static("a"));
    request
        .headers_mut()
        .append("host", HeaderValue::from_static("b"));
    let error = refused(layer(), request).await;
    assert!(matches!(error.kind(), ErrorKind::HostInvalid { value, .. } if value == "a, b"));
}

#[tokio::test]
async fn a_bad_port_in_the_uri_is_refused_without_showing_a_password() {
    let error = refused(layer(), list_tables("http://user:hidden@node:99999/")).await;
    assert!(
        matches!(error.kind(), ErrorKind::HostInvalid { value, .. } if value == "node:99999"),
        "{error}"
    );
}
