//! A group over a Redis Cluster: all that it keeps lies in one slot of the cluster, which may move.
#![allow(clippy::unwrap_used, reason = "a failed expectation is the report")]

use tower_muster_slots::Redis;
use tower_muster_testkit::redis::RedisCluster;
use tower_muster_tests::{
    Result,
    slots::{Raw, Scene, group, until},
};

#[tokio::test]
async fn a_group_serves_while_its_keys_move_from_node_to_node() -> Result {
    let redis = RedisCluster::start().await?;
    let scene = Scene::over(Redis::cluster(redis.urls())?, group())?;
    let mut sites = scene.sites(["a", "b"]).await?;
    scene.settled(&sites).await?;
    let client = scene.client().await?;
    let stream = client.stream(scene.slots());
    stream.more(32).await;

    // Every key of the group is where the first one is.
    let home = redis.home_of("muster:{counters}:group").await?;
    let mut keys = Vec::new();
    for (at, node) in redis.nodes().iter().enumerate() {
        let found: Vec<String> = Raw::to(&node.url()).await?.tell(&["KEYS", "*"]).await?;
        assert!(at == home || found.is_empty(), "{found:?}");
        keys.extend(found);
    }
    keys.sort_unstable();
    assert_eq!(
        keys,
        ["beats", "group", "sites", "slots"].map(|key| format!("muster:{{counters}}:{key}"))
    );

    let tried = || {
        sites
            .iter()
            .map(|site| site.app.lived().tried.values().sum::<usize>())
            .sum::<usize>()
    };
    let before = tried();
    for step in 1..=3 {
        redis
            .move_slot("muster:{counters}:group", (home + step) % 3)
            .await?;
        stream.more(32).await;
    }
    scene.settled(&sites).await?;
    assert_eq!(tried(), before, "slots were asked for again");
    // Changes are made, and heard of, as before: one joins, one is killed.
    redis
        .move_slot("muster:{counters}:group", (home + 1) % 3)
        .await?;
    sites.push(scene.site("c").await?);
    scene.settled(&sites).await?;
    sites.remove(0).crash().await;
    until("it is evicted", || client.table.members().len() == 2).await;
    scene.settled(&sites).await?;
    stream.more(32).await;
    assert_eq!(stream.end().await?, [""; 0], "calls failed");
    scene.journal.check();
    Ok(())
}
