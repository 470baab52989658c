//! A server that is paused, restarted, or drops connections.

use tower_muster_testkit::redis::RedisServer;

use super::*;

async fn both() -> (RedisServer, Link) {
    let server = RedisServer::start().await.expect("a server");
    let link = Link::connect(&at(&server.url()), SHORT)
        .await
        .expect("a link");
    (server, link)
}

#[tokio::test]
async fn commands_to_a_server_that_is_stopped_time_out_and_work_again_afterwards() {
    let (server, link) = both().await;
    swap_in_the_end(&link, "1").await;
    server.pause().await.expect("paused");
    let error = swap(&link, "2").await.expect_err("silence");
    assert!(
        matches!(&error, crate::RedisError::Timeout { after, .. } if *after == SHORT),
        "{error:?}"
    );
    // Others are accepted by the system, and greeted by nobody.
    let error = swap(&link, "3").await.expect_err("silence");
    assert!(
        matches!(error, crate::RedisError::Unreachable { .. }),
        "{error:?}"
    );
    server.resume().expect("resumed");
    swap_in_the_end(&link, "4").await;
}

#[tokio::test]
async fn commands_to_a_server_that_serves_no_clients_time_out_and_work_again_afterwards() {
    let (server, link) = both().await;
    server.client_pause(4 * SHORT).await.expect("paused");
    let error = swap(&link, "1").await.expect_err("silence");
    assert!(
        matches!(error, crate::RedisError::Timeout { .. }),
        "{error:?}"
    );
    swap_in_the_end(&link, "2").await;
}

#[tokio::test]
async fn a_server_that_is_away_is_unreachable_until_it_is_back() {
    let (mut server, link) = both().await;
    swap_in_the_end(&link, "1").await;
    server.kill();
    let error = loop {
        match swap(&link, "2").await {
            // The end of the connection may be seen only now.
            Err(crate::RedisError::Lost { .. }) => {}
            other => break other.expect_err("nobody"),
        }
    };
    assert!(
        matches!(error, crate::RedisError::Unreachable { .. }),
        "{error:?}"
    );
    server.restart().await.expect("a server");
    assert_eq!(swap_in_the_end(&link, "3").await.as_deref(), Some("1"));
}

#[tokio::test]
async fn a_connection_that_was_dropped_is_made_again_before_anything_is_sent() {
    let (server, link) = both().await;
    swap_in_the_end(&link, "0").await;
    let mut seen = 0;
    for round in 0..20 {
        server.drop_connections().await.expect("dropped");
        tokio::time::sleep(Duration::from_millis(20)).await;
        let before = round.to_string();
        let after = (round + 1).to_string();
        // The end is seen before, or the command is lost with the connection; it is never sent twice.
        match swap(&link, &after).await {
            Ok(old) => {
                assert_eq!(old, Some(before));
                seen += 1;
            }
            Err(crate::RedisError::Lost { .. }) => {
                swap_in_the_end(&link, &after).await;
            }
            Err(other) => panic!("{other:?}"),
        }
    }
    assert!(
        seen > 0,
        "no end of a connection was seen before a command was sent"
    );
}

#[tokio::test]
async fn many_callers_share_one_connection_and_all_of_them_end() {
    let (server, link) = both().await;
    let mut callers = tokio::task::JoinSet::new();
    server.pause().await.expect("paused");
    for caller in 0..500 {
        let link = link.clone();
        callers.spawn(async move { swap(&link, &caller.to_string()).await });
    }
    while let Some(ended) = callers.join_next().await {
        ended.expect("no panic").expect_err("silence");
    }
    server.resume().expect("resumed");
    swap_in_the_end(&link, "last").await;
}
