//! Where the credentials come from, and what happens without them.

use std::error::Error as _;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use tokio::sync::Notify;
use tower::Layer as _;
use tower_muster_sigv4::{ErrorKind, SigV4Layer};

use crate::support::provider::{Failing, Late};
use crate::support::verifier::{Authorization, verifies};
use crate::support::{ACCESS_KEY, SECRET, dated, layer, list_tables, now, refused, send};

fn with(
    credentials: impl aws_credential_types::provider::ProvideCredentials + 'static,
) -> SigV4Layer {
    dated(SigV4Layer::new(credentials, "us-east-1", "dynamodb").expect("names are valid"))
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
async fn expired_credentials_are_refused_and_the_expiry_is_named() {
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
    let sent = send(with(expiring(later)), list_tables("http://node/"))
        .await
        .expect("sent");
    assert!(verifies(&sent, SECRET));
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
