//! Redis may lose the whole group: epochs grow above the old ones, sites keep what they hold, and nobody is asked to
//! move anything.
#![allow(clippy::unwrap_used, reason = "a failed expectation is the report")]

use std::collections::BTreeMap;

use tower_muster_slots::Slot;
use tower_muster_testkit::redis::RedisServer;
use tower_muster_tests::{
    Result,
    slots::{Actor, Raw, Scene, group, until},
};

/// How often each slot was asked to be made ready, or to be let go.
type Asked = BTreeMap<Slot, usize>;

/// What each application was asked.
fn asked(sites: &[Actor]) -> Vec<(String, Asked, Asked)> {
    let lived = sites
        .iter()
        .map(|site| (site.id().to_owned(), site.app.lived()));
    lived
        .map(|(id, lived)| (id, lived.tried, lived.released))
        .collect()
}

async fn group_outlives(lose: impl AsyncFnOnce(&mut RedisServer) -> Result) -> Result {
    let mut redis = RedisServer::start().await?;
    let scene = Scene::at(&redis, group())?;
    let sites = scene.sites(["a", "b", "c"]).await?;
    scene.settled(&sites).await?;
    let held = || sites.iter().map(|site| site.held().len()).sum::<usize>();
    let acquired = || {
        sites
            .iter()
            .map(|site| site.app.lived().acquisitions())
            .sum::<usize>()
    };
    let released = || {
        sites
            .iter()
            .map(|site| site.app.lived().released.values().sum::<usize>())
    };
    until("what moved on is let go", || {
        acquired() - released().sum::<usize>() == held()
    })
    .await;
    let client = scene.client().await?;
    let stream = client.stream(scene.slots());
    stream.more(16).await;
    let (before, asked_before) = (scene.epochs(&client.table), asked(&sites));

    lose(&mut redis).await?;
    let grown = |slot: &Slot| {
        client.table.epoch(*slot) > before[slot] && client.table.primary(*slot).is_some()
    };
    until("every slot has a primary of a higher epoch", || {
        scene.slots().all(|slot| grown(&slot))
    })
    .await;
    scene.settled(&sites).await?;
    stream.more(32).await;
    assert_eq!(stream.end().await?, [""; 0], "calls failed");
    assert_eq!(
        asked(&sites),
        asked_before,
        "the applications were asked to move slots"
    );
    scene.journal.check();
    // Writes of both lives are there, under epochs that grew.
    let writes = scene.journal.writes();
    let of = |slot: Slot, is_new: bool| {
        writes
            .iter()
            .any(|write| write.slot == slot && (write.epoch > before[&slot]) == is_new)
    };
    assert!(scene.slots().all(|slot| of(slot, true) && of(slot, false)));
    Ok(())
}

#[tokio::test]
async fn a_redis_that_comes_back_empty_costs_no_move_and_no_epoch() -> Result {
    group_outlives(async |redis| {
        redis.kill();
        Ok(redis.restart_empty().await?)
    })
    .await
}

#[tokio::test]
async fn a_redis_that_is_emptied_while_it_runs_costs_no_move_and_no_epoch() -> Result {
    group_outlives(async |redis| Raw::to(&redis.url()).await?.tell(&["FLUSHALL"]).await).await
}

#[tokio::test]
async fn a_redis_that_loses_the_slots_alone_costs_no_move_and_no_epoch() -> Result {
    group_outlives(async |redis| {
        let raw = Raw::to(&redis.url()).await?;
        raw.tell(&["DEL", "muster:{counters}:slots"]).await
    })
    .await
}

#[tokio::test]
async fn who_joins_just_then_waits_for_those_who_may_still_act() -> Result {
    let mut redis = RedisServer::start().await?;
    let scene = Scene::at(&redis, group())?;
    let old = scene.site("old").await?;
    scene.settled([&old]).await?;
    let client = scene.client().await?;
    let stream = client.stream(scene.slots());
    stream.more(16).await;
    redis.kill();
    redis.restart_empty().await?;
    let new = scene.site("new").await?;
    // Whoever is first in the new life: what the old one holds is not given to one who holds nothing.
    scene.settled([&old, &new]).await?;
    let sources = new.app.lived().sources;
    assert!(
        sources.values().all(|sources| sources == &["old"]),
        "{sources:?}"
    );
    stream.more(32).await;
    assert_eq!(stream.end().await?, [""; 0], "calls failed");
    scene.journal.check();
    Ok(())
}
