//! The vector is what botocore signs for `{}` to 127.0.0.1:8000 at 2026-01-02 03:04:05 UTC.

use http::{HeaderName, HeaderValue};
use sha2::{Digest, Sha256};
use time::macros::datetime;

use super::*;

const NOW: OffsetDateTime = datetime!(2026-01-02 03:04:05 UTC);
const SIGNATURE: &str = "c73b7642f94fd682fe4509fa1ac3897f1a2b6531d767f46ff8eb9df872f14cce";
const CANONICAL_HASH: &str = "d189897a714a8835cb5888756ee0c878ae1e4b834b0f86d867a1bf676a244cee";
const SIGNED: &str = "content-type;host;x-amz-date;x-amz-target";

fn authorization(scope: &str, signed: &str, signature: &str) -> String {
    format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders={signed}, Signature={signature}")
}

fn vector() -> HeaderMap {
    let scope = "alternator/20260102/us-east-1/dynamodb/aws4_request";
    let mut headers = HeaderMap::new();
    set(&mut headers, "host", "127.0.0.1:8000");
    set(&mut headers, "x-amz-date", "20260102T030405Z");
    set(&mut headers, "x-amz-target", "DynamoDB_20120810.ListTables");
    set(&mut headers, "content-type", "application/x-amz-json-1.0");
    set(
        &mut headers,
        "authorization",
        &authorization(scope, SIGNED, SIGNATURE),
    );
    headers
}

fn set(headers: &mut HeaderMap, name: &str, value: &str) {
    let name = HeaderName::try_from(name).unwrap();
    headers.insert(name, HeaderValue::try_from(value).unwrap());
}

fn credentials() -> Credentials {
    let mut credentials = Credentials::default();
    credentials.insert("alternator".into(), Role::Secret("secret_pass".into()));
    credentials
}

/// Signs the headers as they stand, with the verifier's own arithmetic: what
/// holds it to others is the vector.
fn sign(headers: &mut HeaderMap, scope: &str, signed: &str, body: &[u8]) {
    let unsigned = authorization(scope, signed, "");
    let given = Authorization::parse(&unsigned).unwrap();
    let date = canonical::header_value(headers, AMZ_DATE, true);
    let canonical = canonical::request(&given, headers, body, true);
    let signature = canonical::signature(&given, "secret_pass", &date, &canonical);
    set(
        headers,
        "authorization",
        &authorization(scope, signed, &signature),
    );
}

fn judged(
    credentials: Credentials,
    headers: &HeaderMap,
    body: &[u8],
    now: OffsetDateTime,
) -> Result<(), ApiError> {
    let verifier = Verifier {
        credentials: &Mutex::new(credentials),
        cache: &KeyCache::default(),
        version: Version::default(),
        now,
    };
    verifier.verify(headers, body)
}

fn verdict(headers: &HeaderMap) -> String {
    verdict_at(headers, b"{}", NOW)
}

fn verdict_at(headers: &HeaderMap, body: &[u8], now: OffsetDateTime) -> String {
    match judged(credentials(), headers, body, now) {
        Ok(()) => "OK".to_owned(),
        Err(error) => format!(
            "{} {}: {}",
            error.status.as_u16(),
            error.kind,
            error.message
        ),
    }
}

const WRONG: &str = "400 UnrecognizedClientException: wrong signature";

#[test]
fn the_vector_is_accepted() {
    let header = vector().remove(AUTHORIZATION).unwrap();
    let given = Authorization::parse(header.to_str().unwrap()).unwrap();
    let canonical = canonical::request(&given, &vector(), b"{}", true);
    let hash: String = Sha256::digest(canonical.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(hash, CANONICAL_HASH);
    assert_eq!(verdict(&vector()), "OK");
}

#[test]
fn what_is_changed_after_signing_is_found() {
    type Change = fn(&mut HeaderMap);
    let table: [(&str, Change, &str); 7] = [
        (
            "Host changed",
            |headers| set(headers, "host", "127.0.0.2:8000"),
            WRONG,
        ),
        (
            "signed header removed",
            |headers| drop(headers.remove("content-type")),
            WRONG,
        ),
        (
            "target changed",
            |headers| set(headers, "x-amz-target", "DynamoDB_20120810.X"),
            WRONG,
        ),
        (
            "extra unsigned header",
            |headers| set(headers, "x-forwarded-for", "10.0.0.9"),
            "OK",
        ),
        (
            "unsigned hash header",
            |h| set(h, "x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
            "OK",
        ),
        (
            "signed header repeated",
            |headers| {
                headers.append("content-type", HeaderValue::from_static("text/plain"));
            },
            WRONG,
        ),
        (
            "spaces around a value",
            |headers| {
                set(headers, "x-amz-target", "  DynamoDB_20120810.ListTables ");
            },
            "OK",
        ),
    ];
    for (what, change, expected) in table {
        let mut headers = vector();
        change(&mut headers);
        assert_eq!(verdict(&headers), expected, "{what}");
    }
    assert_eq!(verdict_at(&vector(), b"{ }", NOW), WRONG, "body changed");
}

#[test]
fn a_wrong_secret_is_found() {
    let mut other = Credentials::default();
    other.insert("alternator".into(), Role::Secret("another_pass".into()));
    let error = judged(other, &vector(), b"{}", NOW).unwrap_err();
    assert_eq!(
        (&*error.kind, &*error.message),
        ("UnrecognizedClientException", "wrong signature")
    );
}

#[test]
fn the_scope_is_what_the_client_names() {
    let mut headers = vector();
    sign(
        &mut headers,
        "alternator/20260102/mars-1/zzz/aws4_request",
        SIGNED,
        b"{}",
    );
    assert_eq!(verdict(&headers), "OK");
    set(&mut headers, "x-amz-security-token", "token");
    let signed = "host;x-amz-date;x-amz-security-token";
    sign(
        &mut headers,
        "alternator/20260102/us-east-1/dynamodb/aws4_request",
        signed,
        b"{}",
    );
    assert_eq!(
        verdict(&headers),
        "OK",
        "a signed token is one more signed header"
    );
    sign(
        &mut headers,
        "alternator/20260102/r/s/aws4_request",
        "x-amz-date",
        b"{}",
    );
    assert_eq!(verdict(&headers), "OK", "host need not be signed");
}

#[test]
fn a_payload_that_was_not_hashed_is_refused() {
    let mut headers = vector();
    let scope = "alternator/20260102/us-east-1/dynamodb/aws4_request";
    let unsigned = authorization(scope, SIGNED, "");
    let given = Authorization::parse(&unsigned).unwrap();
    let canonical = canonical::request(&given, &headers, b"{}", true);
    let (lines, _hash) = canonical.rsplit_once('\n').unwrap();
    let canonical = format!("{lines}\nUNSIGNED-PAYLOAD");
    let signature = canonical::signature(&given, "secret_pass", "20260102T030405Z", &canonical);
    set(
        &mut headers,
        "authorization",
        &authorization(scope, SIGNED, &signature),
    );
    assert_eq!(verdict(&headers), WRONG);
}

#[test]
fn the_clock_may_be_fifteen_minutes_off_and_no_more() {
    let minutes = Duration::minutes(15);
    let second = Duration::SECOND;
    let at = |now| verdict_at(&vector(), b"{}", now);
    assert_eq!(at(NOW + minutes), "OK");
    assert_eq!(at(NOW - minutes), "OK");
    assert_eq!(
        at(NOW + minutes + second),
        "400 InvalidSignatureException: invalid signature: Signature expired: 20260102T030405Z is \
         now earlier than 20260102T030406Z (current time - 15 min.)"
    );
    assert_eq!(
        at(NOW - minutes - second),
        "400 InvalidSignatureException: invalid signature: Signature not yet current: \
         20260102T030405Z is still later than 20260102T030404Z (current time + 15 min.)"
    );
}

#[test]
fn entries_may_be_apart_by_a_comma_a_space_or_both() {
    let header = vector()
        .remove(AUTHORIZATION)
        .unwrap()
        .to_str()
        .unwrap()
        .to_owned();
    for separator in [",", " ", ",  "] {
        let mut headers = vector();
        set(
            &mut headers,
            "authorization",
            &header.replace(", ", separator),
        );
        assert_eq!(verdict(&headers), "OK", "{separator:?}");
    }
    let mut headers = vector();
    set(
        &mut headers,
        "authorization",
        &header.replace(", ", ", Other=x, y, z=z=z, "),
    );
    assert_eq!(verdict(&headers), "OK", "other entries are passed over");
}

#[test]
fn checks_come_in_the_servers_order() {
    // Each row has all faults of the rows below it.
    let old = |scope: &str, signed: &str| authorization(scope, signed, "0");
    let table = [
        (
            "Basic x".to_owned(),
            "400 InvalidSignatureException: Authorization header must use AWS4-HMAC-SHA256 algorithm: Basic x",
        ),
        (
            "AWS4-HMAC-SHA256".to_owned(),
            "400 InvalidSignatureException: Authorization header must use AWS4-HMAC-SHA256 algorithm: AWS4-HMAC-SHA256",
        ),
        (
            old("nobody/2020", "host"),
            "400 ValidationException: Incorrect credential information format: nobody/2020",
        ),
        (
            "AWS4-HMAC-SHA256 Signature=0".to_owned(),
            "400 ValidationException: Incorrect credential information format: ",
        ),
        (
            old("nobody/2020/r/s/t", "host"),
            "400 UnrecognizedClientException: User not found: nobody",
        ),
        (
            old("alternator/2020/r/s/t", "host"),
            "400 InvalidSignatureException: invalid signature: X-Amz-Date header is mandatory for signature verification",
        ),
        (
            old("alternator/2020/r/s/t", "x-amz-date"),
            "400 InvalidSignatureException: invalid signature: Signature expired: 20250102T030405Z is now earlier than 20260102T024905Z (current time - 15 min.)",
        ),
    ];
    let mut headers = HeaderMap::new();
    assert_eq!(
        verdict(&headers),
        "400 InvalidSignatureException: Host header is mandatory for signature verification"
    );
    set(&mut headers, "host", "127.0.0.1:8000");
    assert_eq!(
        verdict(&headers),
        "400 MissingAuthenticationTokenException: Authorization header is mandatory for signature \
         verification"
    );
    set(&mut headers, "x-amz-date", "20250102T030405Z");
    for (header, expected) in table {
        set(&mut headers, "authorization", &header);
        assert_eq!(verdict(&headers), expected);
    }
    set(&mut headers, "x-amz-date", "20260102T030405Z");
    assert_eq!(
        verdict(&headers),
        "400 InvalidSignatureException: invalid signature: X-Amz-Date date does not match the \
         provided datestamp. Expected 2020, got 20260102"
    );
    set(
        &mut headers,
        "authorization",
        &old("alternator/20260102/r/s/t", "x-amz-date"),
    );
    assert_eq!(verdict(&headers), WRONG);
}

#[test]
fn secrets_are_not_shown() {
    let shown = format!("{:?}", credentials());
    assert!(
        shown.contains("alternator") && !shown.contains("secret_pass"),
        "{shown}"
    );
}
