//! Whatever the request, the signature verifies at the other side.

use std::time::Duration;

use aws_credential_types::Credentials;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request};
use http_body_util::Full;
use proptest::prelude::*;
use tower_muster_sigv4::{Presign, SignedHeaders};

use crate::support::verifier::{Rules, verifies_by, verifies_presigned};
use crate::support::{ACCESS_KEY, SECRET, layer, now, send, send_unsigned};

fn host() -> impl Strategy<Value = String> {
    let name = prop_oneof![
        "[a-z][a-z0-9-]{0,12}(\\.[a-z]{2,5})?",
        any::<std::net::Ipv4Addr>().prop_map(|address| address.to_string()),
        any::<std::net::Ipv6Addr>().prop_map(|address| format!("[{address}]")),
    ];
    (
        name,
        proptest::option::of(prop_oneof![Just(80), Just(443), any::<u16>()]),
    )
        .prop_map(|(name, port)| port.map_or(name.clone(), |port| format!("{name}:{port}")))
}

fn header() -> impl Strategy<Value = (String, Vec<u8>)> {
    let name = prop_oneof![
        "x-amz-[a-z0-9-]{1,8}",
        Just("content-type".to_owned()),
        Just("user-agent".to_owned()),
        Just("authorization".to_owned()),
        Just("x-amz-date".to_owned()),
        Just("x-amz-security-token".to_owned()),
        Just("x-amz-content-sha256".to_owned()),
    ];
    (
        name,
        "[ \\tA-Za-z0-9;=,é/]{0,24}".prop_map(String::into_bytes),
    )
}

fn rules() -> impl Strategy<Value = Rules> {
    any::<[bool; 3]>().prop_map(|[double_encoding, normalization, unsigned_payload]| Rules {
        double_encoding,
        normalization,
        unsigned_payload,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn every_request_that_is_sent_verifies(
        method in "GET|POST|PUT|DELETE",
        scheme in "https?",
        host in host(),
        path in "(/(\\.|\\.\\.|%20|%C3%A9|[A-Za-z0-9_~-]{0,6})){0,4}/?",
        rules in rules(),
        all in any::<bool>(),
        query in "([a-z]{1,3}=[A-Za-z0-9!*~-]{0,5}(&[a-z]{1,3}(=(%20|%C3%A9|x){1,3})?){0,3})?",
        given in proptest::option::of(host()),
        headers in proptest::collection::vec(header(), 0..12),
        body in proptest::collection::vec(any::<u8>(), 0..600),
    ) {
        let separator = if query.is_empty() { "" } else { "?" };
        let uri = format!("{scheme}://{host}{path}{separator}{query}");
        let mut request = Request::builder()
            .method(method.as_str())
            .uri(&uri)
            .body(Full::new(Bytes::from(body.clone())))
            .expect("a request");
        for (name, value) in headers {
            let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
            request.headers_mut().append(name, HeaderValue::from_bytes(&value).expect("a value"));
        }
        if let Some(given) = &given {
            request.headers_mut().insert("host", given.parse().expect("a value"));
        }

        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let layer = layer()
            .double_encoding(rules.double_encoding)
            .path_normalization(rules.normalization)
            .sign_headers(if all { SignedHeaders::all() } else { SignedHeaders::needed() });
        let sent = if rules.unsigned_payload {
            runtime.block_on(send_unsigned(layer.unsigned_payload(), request)).expect("sent")
        } else {
            runtime.block_on(send(layer, request)).expect("sent")
        };
        prop_assert!(verifies_by(rules, &sent, SECRET), "{:?}", sent);
        prop_assert_eq!(&sent.body()[..], &body[..]);
        prop_assert_eq!(sent.uri().to_string(), uri.parse::<http::Uri>().expect("a URI").to_string());
        if let Some(given) = given {
            prop_assert_eq!(&sent.headers()["host"], given.as_str());
        }
    }

    #[test]
    fn every_presigned_uri_verifies(
        port in proptest::option::of(any::<u16>()),
        path in "(/(\\.|\\.\\.|%20|%C3%A9|[A-Za-z0-9_~-]{0,6})){0,4}/?",
        query in "([a-z]{1,3}=[A-Za-z0-9!*~-]{0,5}(&[a-z]{1,3}(=(%20|%C3%A9|x){1,3})?){0,3})?",
        rules in rules(),
        token in proptest::option::of("[ -~]{0,40}"),
        seconds in 1_u64..=604_800,
        body in proptest::collection::vec(any::<u8>(), 0..60),
    ) {
        let host = port.map_or("node".to_owned(), |port| format!("node:{port}"));
        let separator = if query.is_empty() { "" } else { "?" };
        let uri = format!("http://{host}{path}{separator}{query}");
        let credentials = Credentials::from_keys(ACCESS_KEY, SECRET, token);
        let presign = Presign::new(credentials, "us-east-1", "s3", Duration::from_secs(seconds))
            .expect("valid settings")
            .time_source(now)
            .double_encoding(rules.double_encoding)
            .path_normalization(rules.normalization);
        let presign = if rules.unsigned_payload { presign.unsigned_payload() } else { presign };
        let mut request = Request::get(&uri).body(Bytes::from(body)).expect("a request");
        *request.uri_mut() = presign.uri(&request).expect("signed");
        let sent_host = if port == Some(80) { "node".to_owned() } else { host };
        request.headers_mut().insert("host", sent_host.parse().expect("a value"));
        prop_assert!(verifies_presigned(rules, &request, SECRET), "{:?}", request);
    }
}
