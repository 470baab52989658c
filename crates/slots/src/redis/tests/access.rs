//! Users, passwords and permissions.

use tower_muster_testkit::redis::RedisServer;

use super::*;

/// What a user of this crate needs, and no more.
const RULES: [&str; 11] = [
    "+evalsha",
    "+script|load",
    "+multi",
    "+exec",
    "+ping",
    "+subscribe",
    "+publish",
    "+get",
    "+set",
    "~{g}:*",
    "&{g}:*",
];

#[tokio::test]
async fn the_default_user_gives_its_password() {
    let mut server = RedisServer::start().await.expect("a server");
    server.set_password("s3cret").await.expect("a password");
    let redis = at(&server.url());
    let error = Link::connect(&redis, PATIENCE)
        .await
        .expect_err("no password");
    assert!(
        matches!(&error, crate::RedisError::Refused { code, .. } if code == "NOAUTH"),
        "{error:?}"
    );
    let link = link(&redis.password("s3cret")).await;
    assert_eq!(swap(&link, "1").await.expect("an answer"), None);
}

#[tokio::test]
async fn a_wrong_password_is_refused_and_not_shown() {
    let mut server = RedisServer::start().await.expect("a server");
    server.set_password("right").await.expect("a password");
    let url = format!("redis://:wr0ng@127.0.0.1:{}", server.port());
    let error = Link::connect(&at(&url), PATIENCE)
        .await
        .expect_err("a wrong password");
    let crate::RedisError::Refused { code, address, .. } = &error else {
        panic!("{error:?}");
    };
    assert_eq!(code, "WRONGPASS");
    assert_eq!(*address, format!("127.0.0.1:{}", server.port()));
    assert!(!format!("{error} {error:?}").contains("wr0ng"), "{error:?}");
}

#[tokio::test]
async fn a_user_without_info_and_client_commands_is_served() {
    let server = RedisServer::start().await.expect("a server");
    server
        .set_user("site", "s3cret", RULES)
        .await
        .expect("a user");
    let redis = at(&server.url()).authenticated("site", "s3cret");
    let link = link(&redis).await;
    assert_eq!(swap(&link, "1").await.expect("an answer"), None);
    assert!(!format!("{link:?}").contains("s3cret"), "{link:?}");
    let mut commands = redis::pipe();
    commands.cmd("GET").arg("{g}:key");
    let answers = link.atomically(commands).await.expect("answers");
    assert_eq!(answers, [Value::BulkString(b"1".to_vec())]);
    let mut listening = link.listen("{g}:channel").await.expect("a channel");
    let mut publish = redis::pipe();
    publish.cmd("PUBLISH").arg("{g}:channel").arg("news");
    link.atomically(publish).await.expect("published");
    assert_eq!(listening.next().await.as_deref(), Some(&b"news"[..]));
}

#[tokio::test]
async fn a_permission_that_is_missing_is_named() {
    let server = RedisServer::start().await.expect("a server");
    server
        .set_user("site", "s3cret", ["+evalsha", "~*"])
        .await
        .expect("a user");
    let link = link(&at(&server.url()).authenticated("site", "s3cret")).await;
    let error = swap(&link, "1").await.expect_err("no permission");
    let crate::RedisError::Refused { code, detail, .. } = &error else {
        panic!("{error:?}");
    };
    assert_eq!(code, "NOPERM");
    assert!(detail.contains("script|load"), "{detail}");
}
