//! Sentinels, and the master that they name.

use tokio::time::timeout;
use tower_muster_testkit::redis::RedisSentinels;

use super::*;

#[tokio::test]
async fn a_link_goes_to_the_new_master_and_what_it_listened_to_ends() {
    let mut redis = RedisSentinels::start().await.expect("sentinels");
    let place = Redis::sentinel(redis.name(), redis.urls()).expect("a place");
    let link = Link::connect(&place, SHORT).await.expect("a link");
    assert_eq!(swap_in_the_end(&link, "1").await, None);
    let mut listening = link.listen("news").await.expect("a channel");

    redis.fail_over().await.expect("another master");
    swap_in_the_end(&link, "2").await;
    assert_eq!(
        timeout(PATIENCE, listening.next())
            .await
            .expect("it is noticed"),
        None
    );

    // It is a link to a master: it writes there, and it is heard there.
    let mut listening = link.listen("news").await.expect("a channel");
    let direct = self::link(&at(&redis.master().url())).await;
    let mut commands = redis::pipe();
    commands
        .cmd("PUBLISH")
        .arg("news")
        .arg("new")
        .cmd("GET")
        .arg("{g}:key");
    let answers = direct.atomically(commands).await.expect("answers");
    assert_eq!(answers.last(), Some(&Value::BulkString(b"2".to_vec())));
    assert_eq!(listening.next().await.as_deref(), Some(&b"new"[..]));
}

#[tokio::test]
async fn a_master_that_is_paused_is_replaced_and_left_when_it_is_back() {
    let mut redis = RedisSentinels::start().await.expect("sentinels");
    let place = Redis::sentinel(redis.name(), redis.urls()).expect("a place");
    let link = Link::connect(&place, SHORT).await.expect("a link");
    swap_in_the_end(&link, "1").await;
    let mut listening = link.listen("news").await.expect("a channel");
    redis.master().pause().await.expect("paused");
    redis.until_replaced().await.expect("another master");
    swap_in_the_end(&link, "2").await;
    assert_eq!(
        timeout(PATIENCE, listening.next())
            .await
            .expect("it is noticed"),
        None
    );
    redis.other().resume().expect("resumed");
    swap_in_the_end(&link, "3").await;
    let direct = self::link(&at(&redis.master().url())).await;
    assert_eq!(
        swap(&direct, "4").await.expect("an answer").as_deref(),
        Some("3")
    );
}

#[tokio::test]
async fn a_master_that_no_sentinel_knows_is_named() {
    let redis = RedisSentinels::start().await.expect("sentinels");
    let place = Redis::sentinel("nobody", redis.urls()).expect("a place");
    let error = Link::connect(&place, PATIENCE)
        .await
        .expect_err("no such master");
    assert!(
        format!("{error:?}").contains("knows no master \\\"nobody\\\""),
        "{error:?}"
    );
}
