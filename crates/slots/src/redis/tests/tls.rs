//! TLS: whom a link trusts, and what it shows.

use std::error::Error;

use tower_muster_testkit::{
    NodeCertificate,
    redis::{RedisServer, RedisTls},
};

use super::*;

async fn server(tls: &RedisTls) -> (RedisServer, Redis) {
    let server = RedisServer::with_tls(tls).await.expect("a server");
    let redis = at(&server.tls_url().expect("a URL"));
    (server, redis)
}

/// Everything that an error says, its causes included.
fn whole(error: &crate::RedisError) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}

#[tokio::test]
async fn an_authority_that_is_trusted_is_enough() {
    let tls = RedisTls::new().expect("certificates");
    let (_server, redis) = server(&tls).await;
    let redis = redis.ca_pem(tls.ca_pem()).expect("an authority");
    let link = link(&redis).await;
    assert_eq!(swap(&link, "1").await.expect("an answer"), None);
    let mut listening = link.listen("news").await.expect("a channel");
    let mut commands = redis::pipe();
    commands.cmd("PUBLISH").arg("news").arg("secret");
    link.atomically(commands).await.expect("published");
    assert_eq!(listening.next().await.as_deref(), Some(&b"secret"[..]));
}

#[tokio::test]
async fn a_server_that_another_authority_vouches_for_is_not_spoken_to() {
    let tls = RedisTls::new().expect("certificates");
    let (_server, redis) = server(&tls).await;
    let other = redis.ca_pem(tls.untrusted_ca_pem()).expect("an authority");
    let error = Link::connect(&other, PATIENCE)
        .await
        .expect_err("nobody to trust");
    assert!(
        matches!(error, crate::RedisError::Unreachable { .. }),
        "{error:?}"
    );
    assert!(
        whole(&error).contains("invalid peer certificate"),
        "{}",
        whole(&error)
    );
}

#[tokio::test]
async fn a_certificate_for_another_name_is_not_taken() {
    let named = NodeCertificate::for_name("elsewhere.example");
    let tls = RedisTls::new().expect("certificates").certificate(named);
    let (_server, redis) = server(&tls).await;
    let redis = redis.ca_pem(tls.ca_pem()).expect("an authority");
    let error = Link::connect(&redis, PATIENCE)
        .await
        .expect_err("another name");
    assert!(
        whole(&error).contains("not valid for name"),
        "{}",
        whole(&error)
    );
}

#[tokio::test]
async fn a_client_shows_its_certificate_if_it_is_asked() {
    let tls = RedisTls::new()
        .expect("certificates")
        .require_client_certificate();
    let (_server, redis) = server(&tls).await;
    let redis = redis.ca_pem(tls.ca_pem()).expect("an authority");
    let error = Link::connect(&redis, PATIENCE)
        .await
        .expect_err("no certificate");
    assert!(
        matches!(error, crate::RedisError::Unreachable { .. }),
        "{error:?}"
    );
    let client = tls.client();
    let redis = redis.client_certificate_pem(client.cert_pem(), client.key_pem());
    let link = link(&redis.expect("a certificate")).await;
    assert_eq!(swap(&link, "1").await.expect("an answer"), None);
}

#[test]
fn what_is_no_certificate_is_refused_by_field() {
    let tls = RedisTls::new().expect("certificates");
    let redis = || at("rediss://host");
    let (mine, other) = (tls.client(), RedisTls::new().expect("certificates"));
    let pairs = redis().client_certificate_pem(mine.cert_pem(), other.client().key_pem());
    let cases = [
        (redis().ca_pem(""), "ca_pem is"),
        (
            redis().ca_pem("-----BEGIN CERTIFICATE-----\nAA"),
            "ca_pem is",
        ),
        (
            redis().client_certificate_pem("", mine.key_pem()),
            "certificate_pem is",
        ),
        (
            redis().client_certificate_pem(mine.cert_pem(), "s3cret"),
            "key_pem is",
        ),
        (pairs, "key_pem is"),
    ];
    for (redis, expected) in cases {
        let error = redis.expect_err(expected);
        assert!(error.to_string().starts_with(expected), "{error}");
        assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
    }
}
