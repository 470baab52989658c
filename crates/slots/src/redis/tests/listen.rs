//! What is published, and how the end of it is noticed.

use tokio::time::timeout;
use tower_muster_testkit::redis::RedisServer;

use super::*;

async fn publish(link: &Link, message: &str) {
    let mut commands = redis::pipe();
    commands.cmd("PUBLISH").arg("news").arg(message);
    link.atomically(commands).await.expect("published");
}

async fn both() -> (RedisServer, Link) {
    let server = RedisServer::start().await.expect("a server");
    let link = Link::connect(&at(&server.url()), 2 * SHORT)
        .await
        .expect("a link");
    (server, link)
}

#[tokio::test]
async fn messages_come_in_order() {
    let (_server, link) = both().await;
    let mut listening = link.listen("news").await.expect("a channel");
    for i in 0..100 {
        publish(&link, &i.to_string()).await;
    }
    for i in 0..100 {
        assert_eq!(listening.next().await, Some(i.to_string().into_bytes()));
    }
    // Silence is no end, for as long as the server answers.
    let silence = timeout(3 * SHORT, listening.next()).await;
    assert!(silence.is_err(), "{silence:?}");
}

#[tokio::test]
async fn listening_ends_when_the_connection_is_dropped() {
    let (server, link) = both().await;
    let mut listening = link.listen("news").await.expect("a channel");
    publish(&link, "first").await;
    assert_eq!(listening.next().await.as_deref(), Some(&b"first"[..]));
    server.drop_connections().await.expect("dropped");
    let end = timeout(PATIENCE, listening.next()).await;
    assert_eq!(end.expect("it is noticed"), None);
}

#[tokio::test]
async fn listening_ends_when_the_server_is_killed() {
    let (mut server, link) = both().await;
    let mut listening = link.listen("news").await.expect("a channel");
    server.kill();
    let end = timeout(PATIENCE, listening.next()).await;
    assert_eq!(end.expect("it is noticed"), None);
}

#[tokio::test]
async fn listening_ends_when_the_server_is_silent_with_its_connections_open() {
    let (server, link) = both().await;
    let mut listening = link.listen("news").await.expect("a channel");
    server.pause().await.expect("paused");
    let end = timeout(PATIENCE, listening.next()).await;
    assert_eq!(end.expect("it is noticed"), None);
    server.resume().expect("resumed");
}

#[tokio::test]
async fn listening_ends_when_nobody_takes_the_messages() {
    let (_server, link) = both().await;
    let mut listening = link.listen("news").await.expect("a channel");
    for _ in 0..30 {
        let mut commands = redis::pipe();
        for i in 0..100 {
            commands.cmd("PUBLISH").arg("news").arg(i);
        }
        link.atomically(commands).await.expect("published");
    }
    let heard = async {
        let mut heard = 0;
        while listening.next().await.is_some() {
            heard += 1;
        }
        heard
    };
    let heard = timeout(PATIENCE, heard).await.expect("an end");
    assert!((1..3_000).contains(&heard), "{heard} messages were kept");
}

#[tokio::test]
async fn listening_goes_on_without_the_link() {
    let (server, link) = both().await;
    let other = Link::connect(&at(&server.url()), PATIENCE)
        .await
        .expect("a link");
    let mut listening = link.listen("news").await.expect("a channel");
    drop(link);
    let silence = timeout(3 * SHORT, listening.next()).await;
    assert!(silence.is_err(), "{silence:?}");
    publish(&other, "still").await;
    assert_eq!(listening.next().await.as_deref(), Some(&b"still"[..]));
}
