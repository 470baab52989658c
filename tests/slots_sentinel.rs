//! A group over a Redis that Sentinel watches: the master dies, another takes over, and the group goes on.
#![allow(clippy::unwrap_used, reason = "a failed expectation is the report")]

use std::time::Duration;

use tower_muster_slots::Redis;
use tower_muster_testkit::redis::RedisSentinels;
use tower_muster_tests::{
    Result,
    slots::{Scene, group},
};

#[tokio::test]
async fn a_group_survives_the_death_of_the_master() -> Result {
    let mut redis = RedisSentinels::start().await?;
    let watched = Redis::sentinel(redis.name(), redis.urls())?;
    let scene = Scene::over(watched, group().timeout(Duration::from_secs(2)))?;
    let mut sites = scene.sites(["a", "b", "c"]).await?;
    scene.settled(&sites).await?;
    let client = scene.client().await?;
    let stream = client.stream(scene.slots());
    stream.more(32).await;
    let before = scene.epochs(&client.table);
    let tried = || {
        sites
            .iter()
            .map(|site| site.app.lived().tried.values().sum::<usize>())
            .sum::<usize>()
    };
    let asked = tried();

    redis.fail_over().await?;
    scene.settled(&sites).await?;
    stream.more(32).await;
    assert_eq!(tried(), asked, "slots were asked for again");
    let after = scene.epochs(&client.table);
    assert!(
        after.iter().all(|(slot, epoch)| *epoch >= before[slot]),
        "{before:?}, {after:?}"
    );

    // The new master has all that the group needs to change.
    sites.push(scene.site("d").await?);
    scene.settled(&sites).await?;
    sites.remove(0).leave().await?;
    scene.settled(&sites).await?;
    assert_eq!(stream.end().await?, [""; 0], "calls failed");
    scene.journal.check();
    Ok(())
}
