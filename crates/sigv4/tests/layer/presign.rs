//! URIs that carry their signature.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use http::Request;
use tower_muster_sigv4::{ErrorKind, Presign, SigV4Layer, SignedHeaders};

use crate::support::verifier::{Authorization, Rules, verifies_presigned};
use crate::support::{ACCESS_KEY, SECRET, credentials, now, send};

const MINUTE: Duration = Duration::from_secs(60);

fn presign(credentials: Credentials) -> Presign {
    let presign = Presign::new(credentials, "us-east-1", "execute-api", MINUTE);
    presign.expect("valid settings").time_source(now)
}

fn get(uri: &str) -> Request<&'static str> {
    Request::get(uri).body("").expect("a request")
}

fn refusal(presign: &Presign, request: &Request<&'static str>) -> ErrorKind {
    let error = presign.uri(request).expect_err("it must be refused");
    assert!(!format!("{error:?} {error}").contains(SECRET));
    error.kind().clone()
}

/// The keys of the examples in the AWS manual, and its time: 2013-05-24T00:00:00Z.
fn manual() -> (Credentials, impl Fn() -> SystemTime + Send + Sync + 'static) {
    let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_369_353_600);
    let credentials = Credentials::from_keys("AKIAIOSFODNN7EXAMPLE", secret, None);
    (credentials, move || time)
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>
#[test]
fn the_presigned_example_of_the_manual_gets_the_signature_of_the_manual() {
    let (credentials, time) = manual();
    let day = Duration::from_secs(86_400);
    let presign = Presign::new(credentials, "us-east-1", "s3", day).expect("valid settings");
    let presign = presign
        .time_source(time)
        .double_encoding(false)
        .path_normalization(false)
        .unsigned_payload();
    let uri = presign.uri(&get("https://examplebucket.s3.amazonaws.com/test.txt"));
    let uri = uri.expect("signed").to_string();
    let signature = "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
    assert!(
        uri.ends_with(&format!("&X-Amz-Signature={signature}")),
        "{uri}"
    );
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>
#[tokio::test]
async fn the_signed_example_of_the_manual_gets_the_signature_of_the_manual() {
    let (credentials, time) = manual();
    let layer = SigV4Layer::new(credentials, "us-east-1", "s3").expect("valid names");
    let layer = layer
        .time_source(time)
        .double_encoding(false)
        .path_normalization(false)
        .payload_hash_header(true)
        .sign_headers(SignedHeaders::needed_and(["range"]).expect("a name"));
    let request = Request::get("https://examplebucket.s3.amazonaws.com/test.txt")
        .header("range", "bytes=0-9")
        .body(http_body_util::Full::<bytes::Bytes>::default());
    let sent = send(layer, request.expect("a request"))
        .await
        .expect("sent");
    let signature = "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41";
    assert_eq!(Authorization::read(sent.headers()).signature, signature);
}

#[test]
fn a_life_outside_one_second_to_seven_days_is_refused_by_value() {
    let second = Duration::from_secs(1);
    let week = Duration::from_secs(7 * 86_400);
    for life in [second, week] {
        assert!(Presign::new(credentials(), "us-east-1", "s3", life).is_ok());
    }
    for life in [Duration::ZERO, second / 2, week + second, Duration::MAX] {
        let error = Presign::new(credentials(), "us-east-1", "s3", life).expect_err("refused");
        assert_eq!(
            (error.field(), error.value()),
            ("expires_in", &*format!("{life:?}"))
        );
        assert!(error.to_string().contains(error.value()), "{error}");
    }
    let error = Presign::new(credentials(), "", "s3", second).expect_err("refused");
    assert_eq!((error.field(), error.value()), ("region", ""));
    let error = Presign::new(credentials(), "us-east-1", "a/b", second).expect_err("refused");
    assert_eq!((error.field(), error.value()), ("service", "a/b"));
}

#[test]
fn every_part_of_a_presigned_request_is_covered() {
    let token = Some("a-token".to_owned());
    let presign = presign(Credentials::from_keys(ACCESS_KEY, SECRET, token));
    let uri = presign
        .uri(&get("https://node:8043/path?a=1"))
        .expect("signed");
    let request = |uri: &str| {
        let host = "node:8043";
        let request = Request::get(uri)
            .header("host", host)
            .body(bytes::Bytes::new());
        request.expect("a request")
    };
    let uri = uri.to_string();
    assert!(verifies_presigned(Rules::GENERAL, &request(&uri), SECRET));
    for (from, to) in [
        ("/path", "/other"),
        ("a=1", "a=2"),
        ("X-Amz-Expires=60", "X-Amz-Expires=61"),
        (
            "X-Amz-Security-Token=a-token",
            "X-Amz-Security-Token=b-token",
        ),
        ("X-Amz-Date=20260102T030405Z", "X-Amz-Date=20260102T030406Z"),
    ] {
        assert!(uri.contains(from), "{from} in {uri}");
        let changed = request(&uri.replace(from, to));
        assert!(
            !verifies_presigned(Rules::GENERAL, &changed, SECRET),
            "{from}"
        );
    }
    let mut other = request(&uri);
    *other.body_mut() = "more".into();
    assert!(
        !verifies_presigned(Rules::GENERAL, &other, SECRET),
        "the body"
    );
}

#[test]
fn a_presigned_uri_that_is_presigned_again_carries_one_signature() {
    let presign = presign(credentials());
    let once = presign.uri(&get("https://node/path?a=1")).expect("signed");
    let again = presign.uri(&get(&once.to_string())).expect("signed");
    assert_eq!(again, once);
}

#[test]
fn what_cannot_be_presigned_is_refused() {
    let presign = presign(credentials());
    assert_eq!(refusal(&presign, &get("/relative")), ErrorKind::HostMissing);
    let long = format!("https://node/?{}", "a".repeat(21_000));
    assert!(matches!(
        refusal(&presign, &get(&long)),
        ErrorKind::QueryTooLong { length: 21_000, .. }
    ));
    let late = presign
        .clone()
        .time_source(|| SystemTime::UNIX_EPOCH - MINUTE);
    assert!(matches!(
        refusal(&late, &get("https://node/")),
        ErrorKind::Time { .. }
    ));
}

#[test]
fn expired_credentials_and_endless_tokens_make_no_uri() {
    let expired = Credentials::new(ACCESS_KEY, SECRET, None, Some(now()), "test");
    let kind = refusal(&presign(expired), &get("https://node/"));
    assert!(
        matches!(kind, ErrorKind::CredentialsExpired { .. }),
        "{kind:?}"
    );

    let endless = Some("/".repeat(30_000));
    let endless = presign(Credentials::from_keys(ACCESS_KEY, SECRET, endless));
    let kind = refusal(&endless, &get("https://node/"));
    assert!(matches!(kind, ErrorKind::QueryTooLong { .. }), "{kind:?}");
}

#[test]
fn debug_shows_no_credentials() {
    let token = Some("a-token".to_owned());
    let text = format!(
        "{:?}",
        presign(Credentials::from_keys(ACCESS_KEY, SECRET, token))
    );
    for secret in [SECRET, ACCESS_KEY, "a-token"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    assert!(text.contains("execute-api"), "{text}");
}
