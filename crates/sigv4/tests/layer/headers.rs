//! Which headers are signed, and that an older signature leaves no trace.

use http::{HeaderName, HeaderValue, Request};
use http_body_util::Full;
use tower_muster_sigv4::ErrorKind;

use crate::support::verifier::{Authorization, verifies};
use crate::support::{SECRET, layer, list_tables, refused, send};

/// The SHA-256 of `{}`.
const BODY_HASH: &str = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

#[tokio::test]
async fn transport_headers_may_change_below_without_breaking_the_signature() {
    let mut request = list_tables("http://127.0.0.1:8000/");
    let transport = [
        "user-agent",
        "content-length",
        "content-encoding",
        "accept-encoding",
        "accept",
        "connection",
        "te",
        "transfer-encoding",
        "expect",
        "amz-sdk-request",
        "amz-sdk-invocation-id",
        "x-amzn-trace-id",
        "x-forwarded-for",
    ];
    for name in transport {
        request
            .headers_mut()
            .insert(name, HeaderValue::from_static("2"));
    }
    let mut sent = send(layer(), request).await.expect("sent");
    let authorization = Authorization::read(sent.headers());
    assert_eq!(
        authorization.signed,
        ["content-type", "host", "x-amz-date", "x-amz-target"]
    );
    for name in transport {
        let value = sent.headers_mut().remove(name).expect(name);
        assert_eq!(value, "2", "what is not signed stays");
    }
    assert!(verifies(&sent, SECRET), "and may be dropped below");
}

#[tokio::test]
async fn every_x_amz_header_is_signed() {
    let mut request = list_tables("http://127.0.0.1:8000/");
    request
        .headers_mut()
        .insert("x-amz-user-agent", HeaderValue::from_static("  a   b\t"));
    request
        .headers_mut()
        .append("x-amz-meta", HeaderValue::from_static("one"));
    request
        .headers_mut()
        .append("x-amz-meta", HeaderValue::from_static(" two"));
    let sent = send(layer(), request).await.expect("sent");
    let signed = Authorization::read(sent.headers()).signed;
    assert!(
        signed.contains(&"x-amz-user-agent".to_owned()),
        "{signed:?}"
    );
    assert!(signed.contains(&"x-amz-meta".to_owned()), "{signed:?}");
    assert!(verifies(&sent, SECRET));
}

#[tokio::test]
async fn a_signed_request_that_is_signed_again_carries_one_signature() {
    let mut request = list_tables("http://127.0.0.1:8000/");
    for (name, value) in [
        ("authorization", "AWS4-HMAC-SHA256 Credential=old"),
        ("authorization", "Bearer old"),
        ("x-amz-date", "20200101T000000Z"),
        ("x-amz-date", "20200102T000000Z"),
        ("x-amz-security-token", "old-token"),
    ] {
        request
            .headers_mut()
            .append(name, HeaderValue::from_static(value));
    }
    let again = send(layer(), request).await.expect("sent");
    let once = send(layer(), list_tables("http://127.0.0.1:8000/"))
        .await
        .expect("sent");
    assert_eq!(
        again.headers(),
        once.headers(),
        "as if it had never been signed"
    );
}

#[tokio::test]
async fn a_stated_body_hash_is_set_to_the_hash_of_this_body() {
    for stated in ["UNSIGNED-PAYLOAD", "0000"] {
        let mut request = list_tables("http://127.0.0.1:8000/");
        request
            .headers_mut()
            .insert("x-amz-content-sha256", HeaderValue::from_static(stated));
        let sent = send(layer(), request).await.expect("sent");
        assert_eq!(sent.headers()["x-amz-content-sha256"], BODY_HASH);
        let signed = Authorization::read(sent.headers()).signed;
        assert!(
            signed.contains(&"x-amz-content-sha256".to_owned()),
            "{signed:?}"
        );
        assert!(verifies(&sent, SECRET));
    }
}

#[tokio::test]
async fn a_body_in_signed_chunks_is_refused() {
    let mut request = list_tables("http://127.0.0.1:8000/");
    let stated = HeaderValue::from_static("STREAMING-AWS4-HMAC-SHA256-PAYLOAD");
    request.headers_mut().insert("x-amz-content-sha256", stated);
    let error = refused(layer(), request).await;
    assert!(
        matches!(error.kind(), ErrorKind::Header { name, .. } if name == "x-amz-content-sha256")
    );
}

#[tokio::test]
async fn a_signed_value_that_is_not_utf_8_is_refused_by_name() {
    for name in ["x-amz-target", "content-type"] {
        let mut request = list_tables("http://127.0.0.1:8000/");
        let value = HeaderValue::from_bytes(b"caf\xe9").expect("a value");
        request.headers_mut().insert(name, value);
        let error = refused(layer(), request).await;
        assert!(
            matches!(error.kind(), ErrorKind::Header { name: n, .. } if n == name),
            "{error}"
        );
        assert!(error.to_string().contains(name), "{error}");
    }
}

#[tokio::test]
async fn an_unsigned_value_that_is_not_utf_8_does_no_harm_and_a_signed_utf_8_value_verifies() {
    let mut request = list_tables("http://127.0.0.1:8000/");
    let latin = HeaderValue::from_bytes(b"caf\xe9").expect("a value");
    request.headers_mut().insert("user-agent", latin);
    let utf_8 = HeaderValue::from_bytes("café".as_bytes()).expect("a value");
    request.headers_mut().insert("x-amz-meta", utf_8);
    let sent = send(layer(), request).await.expect("sent");
    assert!(verifies(&sent, SECRET));
}

#[tokio::test]
async fn more_signed_headers_than_any_server_takes_are_refused() {
    let mut request = list_tables("http://127.0.0.1:8000/");
    for _ in 0..30_000 {
        request
            .headers_mut()
            .append("x-amz-many", HeaderValue::from_static("1"));
    }
    let error = refused(layer(), request).await;
    assert!(
        matches!(error.kind(), ErrorKind::TooManyHeaders { limit: 1024, .. }),
        "{error}"
    );
}

#[tokio::test]
async fn a_request_with_no_room_for_a_signature_is_refused() {
    let mut request = list_tables("http://127.0.0.1:8000/");
    let names = (0..).map(|n| HeaderName::try_from(format!("n-{n}")).expect("a name"));
    for name in names {
        let value = HeaderValue::from_static("1");
        if request.headers_mut().try_insert(name, value).is_err() {
            break;
        }
    }
    let error = refused(layer(), request).await;
    assert_eq!(error.kind(), &ErrorKind::Signing, "{error}");
}

#[tokio::test]
async fn a_query_is_signed_and_one_that_could_not_be_encoded_is_refused() {
    for uri in [
        "http://node?b=2&a=%C3%A9",
        "http://node/p/q?a&b=!",
        "http://node/a%20b?X-Amz-Signature=1",
    ] {
        let request = Request::get(uri)
            .body(Full::<bytes::Bytes>::default())
            .expect("a request");
        let sent = send(layer(), request).await.expect("sent");
        assert!(verifies(&sent, SECRET), "{uri}");
        assert_eq!(sent.uri(), uri, "the URI stays");
    }
    let longest = format!("http://node/?{}", "!".repeat(21_843));
    let sent = send(layer(), list_tables(&longest)).await.expect("sent");
    assert!(
        verifies(&sent, SECRET),
        "the longest query that is let through"
    );
    for length in [21_844, 60_000] {
        let uri = format!("http://node/?{}", "!".repeat(length));
        let error = refused(layer(), list_tables(&uri)).await;
        assert_eq!(
            error.to_string(),
            format!("request not sent: its query of {length} bytes is too long to be signed")
        );
    }
}
