//! Where the credentials come from, and what happens without them.

use std::error::Error as _;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use tokio::sync::Notify;
use tokio_test::{assert_pending, assert_ready, task};
use tower::Layer as _;
use tower_muster_sigv4::{ErrorKind, SigV4Layer};
use tower_test::mock;

use crate::support::provider::{Failing, Late};
use crate::support::verifier::{Authorization, verifies};
use crate::support::{ACCESS_KEY, SECRET, dated, layer, list_tables, now, refused, send};

fn with(
    credentials: impl aws_credential_types::provider::ProvideCredentials + 'static,
) -> SigV4Layer {
    dated(SigV4Layer::new(credentials, "us-east-1", "dynamodb").expect("names are valid"))
}

fn fixed(credentials: Credentials) -> SigV4Layer {
    SigV4Layer::with_time_source(credentials, "us-east-1", "dynamodb", now).expect("not expired")
}

/// A provider that gives `credentials`, whether they have expired or not.
fn provided(credentials: Credentials) -> SharedCredentialsProvider {
    SharedCredentialsProvider::new(credentials)
}

fn expiring(expiry: SystemTime) -> Credentials {
    Credentials::new(ACCESS_KEY, SECRET, None, Some(expiry), "test")
}

#[tokio::test]
async fn a_provider_that_fails_is_the_source_of_the_error() {
    let error = refused(with(Failing), list_tables("http://node/")).await;
    assert_eq!(error.kind(), &ErrorKind::Credentials);
    let source = error.source().expect("a source");
    assert!(
        source
            .source()
            .expect("the provider's reason")
            .to_string()
            .contains("no profile")
    );
}

#[tokio::test]
async fn a_provider_that_is_late_is_awaited() {
    let go = Arc::new(Notify::new());
    let layer = with(Late {
        go: Arc::clone(&go),
        secret: SECRET.to_owned(),
    });
    let sending = tokio::spawn(send(layer, list_tables("http://node/")));
    tokio::task::yield_now().await;
    assert!(
        !sending.is_finished(),
        "nothing is sent without credentials"
    );
    go.notify_one();
    let sent = sending.await.expect("no panic").expect("sent");
    assert!(verifies(&sent, SECRET));
}

#[tokio::test]
async fn a_call_tells_whether_it_still_waits_for_credentials() {
    let go = Arc::new(Notify::new());
    let secret = SECRET.to_owned();
    let late = with(Late {
        go: Arc::clone(&go),
        secret,
    });
    let (mut service, mut handle) = mock::spawn_layer::<_, Response<()>, _>(late);
    handle.allow(1);
    assert_ready!(service.poll_ready::<Request<Full<Bytes>>>()).expect("ready");
    let mut call = task::spawn(service.call(list_tables("http://node/")));
    assert_pending!(call.poll());
    assert!(call.is_preparing());
    go.notify_one();
    assert_pending!(call.poll());
    assert!(!call.is_preparing(), "it was sent");
    handle.next_request().await.expect("sent");
}

#[tokio::test]
async fn expired_credentials_are_refused_and_the_expiry_is_named() {
    // Where a clock that is wrong is learned of, it takes a refusal for that.
    let with = |credentials| with(provided(credentials)).clock_skew(false);
    for age in [Duration::ZERO, Duration::from_secs(60)] {
        let expiry = now() - age;
        let error = refused(with(expiring(expiry)), list_tables("http://node/")).await;
        assert!(
            matches!(error.kind(), ErrorKind::CredentialsExpired { expiry: e, .. } if *e == expiry)
        );
    }
    let error = refused(with(expiring(now())), list_tables("http://node/")).await;
    assert_eq!(
        error.to_string(),
        "request not sent: the credentials expired at 2026-01-02T03:04:05Z"
    );
    let ancient = SystemTime::UNIX_EPOCH - Duration::from_secs(1);
    let error = refused(with(expiring(ancient)), list_tables("http://node/")).await;
    assert!(
        matches!(error.kind(), ErrorKind::CredentialsExpired { .. }),
        "{error}"
    );
}

#[tokio::test]
async fn credentials_are_used_until_they_expire() {
    let later = now() + Duration::from_secs(1);
    for layer in [with(provided(expiring(later))), fixed(expiring(later))] {
        let sent = send(layer, list_tables("http://node/"))
            .await
            .expect("sent");
        assert!(verifies(&sent, SECRET));
    }
}

#[test]
fn fixed_credentials_that_have_expired_make_no_layer() {
    for age in [Duration::ZERO, Duration::from_secs(1)] {
        let expired = expiring(now() - age);
        let layer = SigV4Layer::with_time_source(expired, "us-east-1", "dynamodb", now);
        let error = layer.expect_err("they have expired");
        assert_eq!(error.field(), "credentials");
        assert!(error.value().starts_with("2026-01-02T03:04:0"), "{error}");
        assert_eq!(
            error.to_string(),
            format!("credentials expired at {}", error.value())
        );
        assert!(!format!("{error:?}").contains(SECRET), "{error:?}");
    }
    let year_2000 = SystemTime::UNIX_EPOCH + Duration::from_secs(946_684_800);
    let error = SigV4Layer::new(expiring(year_2000), "us-east-1", "dynamodb");
    let error = error.expect_err("by the system's clock, too");
    assert_eq!(error.value(), "2000-01-01T00:00:00Z");
}

#[tokio::test]
async fn a_session_token_is_sent_signed_and_kept_out_of_logs() {
    let credentials = Credentials::from_keys(ACCESS_KEY, SECRET, Some("a-token".to_owned()));
    let sent = send(with(credentials), list_tables("http://node/"))
        .await
        .expect("sent");
    assert_eq!(sent.headers()["x-amz-security-token"], "a-token");
    assert!(sent.headers()["x-amz-security-token"].is_sensitive());
    let signed = Authorization::read(sent.headers()).signed;
    assert!(
        signed.contains(&"x-amz-security-token".to_owned()),
        "{signed:?}"
    );
    assert!(verifies(&sent, SECRET));

    let mut other = sent.clone();
    other
        .headers_mut()
        .insert("x-amz-security-token", "b-token".parse().expect("a value"));
    assert!(!verifies(&other, SECRET), "the token is covered");
}

#[tokio::test]
async fn keys_that_fit_in_no_header_are_refused_without_being_shown() {
    let access_key = Credentials::from_keys("two\nlines", SECRET, None);
    let error = refused(with(access_key), list_tables("http://node/")).await;
    assert!(matches!(error.kind(), ErrorKind::Header { name, .. } if name == "authorization"));

    let token = Credentials::from_keys(ACCESS_KEY, SECRET, Some("two\nlines".to_owned()));
    let error = refused(with(token), list_tables("http://node/")).await;
    assert_eq!(error.kind(), &ErrorKind::Signing);
    assert!(!format!("{error:?}").contains("lines"), "{error:?}");
}

#[test]
fn debug_shows_neither_credentials_nor_provider() {
    let late = Late {
        go: Arc::default(),
        secret: SECRET.to_owned(),
    };
    let fixed = Credentials::from_keys(ACCESS_KEY, SECRET, Some("a-token".to_owned()));
    for layer in [layer(), with(late), with(fixed)] {
        let text = format!("{:?} {:?}", layer, layer.layer("inner"));
        for secret in [SECRET, ACCESS_KEY, "a-token"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
        assert!(
            text.contains("us-east-1") && text.contains("inner"),
            "{text}"
        );
    }
}
