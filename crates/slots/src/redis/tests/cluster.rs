//! A cluster: whose key it is, and when that changes.

use tower_muster_testkit::redis::RedisCluster;

use super::*;

#[tokio::test]
async fn a_link_follows_its_keys_through_the_cluster() {
    let mut cluster = RedisCluster::start().await.expect("a cluster");
    let home = cluster.home_of("{g}:key").await.expect("a home");
    let (next, third) = ((home + 1) % 3, (home + 2) % 3);
    // One address is enough, be it that of a node without the key.
    let redis = Redis::cluster([&cluster.urls()[next]]).expect("a place");
    let link = Link::connect(&redis, PATIENCE).await.expect("a link");
    assert_eq!(swap(&link, "1").await.expect("an answer"), None);
    assert_eq!(
        swap(&link, "2").await.expect("an answer").as_deref(),
        Some("1")
    );

    cluster.move_slot("{g}:key", third).await.expect("moved");
    assert_eq!(
        swap(&link, "3").await.expect("an answer").as_deref(),
        Some("2")
    );
    let mut commands = redis::pipe();
    commands
        .cmd("GET")
        .arg("{g}:key")
        .cmd("GET")
        .arg("{g}:none");
    let answers = link.atomically(commands.clone()).await.expect("answers");
    assert_eq!(answers, [Value::BulkString(b"3".to_vec()), Value::Nil]);

    // A transaction follows as well.
    cluster.move_slot("{g}:key", home).await.expect("moved");
    let answers = link.atomically(commands).await.expect("answers");
    assert_eq!(answers.first(), Some(&Value::BulkString(b"3".to_vec())));

    // The node that was named is not needed any more: the others are known.
    cluster.nodes_mut()[next].kill();
    cluster.nodes()[home]
        .drop_connections()
        .await
        .expect("dropped");
    let trying = async {
        loop {
            match swap(&link, "4").await {
                // Without one of three masters the cluster serves nothing; but a node of it has answered.
                Err(crate::RedisError::Unready { .. }) | Ok(_) => return,
                Err(_) => tokio::time::sleep(SHORT).await,
            }
        }
    };
    tokio::time::timeout(6 * PATIENCE, trying)
        .await
        .expect("another node is found");
    cluster.nodes_mut()[next].restart().await.expect("a node");
    swap_in_the_end(&link, "5").await;
}

#[tokio::test]
async fn what_is_published_at_one_node_is_heard_at_another() {
    let cluster = RedisCluster::start().await.expect("a cluster");
    let home = cluster.home_of("{g}:key").await.expect("a home");
    let urls = cluster.urls();
    let here = Redis::cluster([&urls[home]]).expect("a place");
    let there = Redis::cluster([&urls[(home + 1) % 3]]).expect("a place");
    let (here, there) = (link(&here).await, link(&there).await);
    let mut listening = there.listen("{g}:news").await.expect("a channel");
    let mut commands = redis::pipe();
    commands.cmd("PUBLISH").arg("{g}:news").arg("far");
    here.atomically(commands).await.expect("published");
    assert_eq!(listening.next().await.as_deref(), Some(&b"far"[..]));
}
