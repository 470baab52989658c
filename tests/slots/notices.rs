//! What changes is told slot by slot, to whoever follows, and nothing is lost.

use std::{collections::BTreeMap, time::Duration};

use tower_muster_slots::{Epoch, Slot, SlotTable};
use tower_muster_testkit::redis::RedisServer;
use tower_muster_tests::{
    Result,
    slots::{Raw, Scene, group, until},
};

/// How often a command was called, by clients and scripts together.
async fn calls(raw: &Raw, command: &str) -> Result<u64> {
    let said: String = raw.tell(&["INFO", "commandstats"]).await?;
    let line = said
        .lines()
        .find(|line| line.starts_with(&format!("cmdstat_{command}:")));
    let count = line.and_then(|line| line.split_once("calls=")?.1.split_once(',')?.0.parse().ok());
    Ok(count.unwrap_or_default())
}

/// What a table says of each slot.
fn seen(scene: &Scene, table: &SlotTable) -> BTreeMap<Slot, (Epoch, Option<String>)> {
    let primary = |slot| {
        table
            .primary(slot)
            .map(|primary| primary.member().id().to_string())
    };
    scene
        .slots()
        .map(|slot| (slot, (table.epoch(slot), primary(slot))))
        .collect()
}

#[tokio::test]
async fn a_change_is_told_and_the_group_is_not_read_again() -> Result {
    let redis = RedisServer::start().await?;
    let scene = Scene::at(&redis, group().slots(64))?;
    let sites = scene.sites(["a", "b"]).await?;
    scene.settled(&sites).await?;
    let mut followers = Vec::new();
    for _ in 0..8 {
        followers.push(scene.follow().await?);
    }
    let raw = Raw::to(&redis.url()).await?;
    let (read, version) = (calls(&raw, "hgetall").await?, followers[0].version());
    for slot in sites[0].primaries() {
        sites[0].fail(slot).await?;
    }
    scene.settled(&sites).await?;
    for table in &followers {
        let truth = || seen(&scene, sites[0].table());
        until("all are told", || seen(&scene, table) == truth()).await;
    }
    let changes = followers[0].version() - version;
    let read = calls(&raw, "hgetall").await? - read;
    assert!(changes > 60, "{changes}");
    // Ten tables that read three hashes for each change would have read them 1,800 times. A busy machine may lose a
    // connection now and then.
    assert!(read <= 60, "read {read} times for {changes} changes");
    Ok(())
}

#[tokio::test]
async fn what_was_missed_is_found_out_and_read() -> Result {
    let redis = RedisServer::start().await?;
    let scene = Scene::at(&redis, group())?;
    let sites = scene.sites(["a", "b"]).await?;
    scene.settled(&sites).await?;
    let table = scene.follow().await?;
    let raw = Raw::to(&redis.url()).await?;
    for slot in sites[0].primaries() {
        // Whoever listens is cut off just when something changes.
        raw.tell::<redis::Value>(&["CLIENT", "KILL", "TYPE", "pubsub"])
            .await?;
        sites[0].fail(slot).await?;
    }
    raw.tell::<redis::Value>(&["CLIENT", "KILL", "TYPE", "pubsub"])
        .await?;
    scene.settled(&sites).await?;
    until("the client knows all", || {
        seen(&scene, &table) == seen(&scene, sites[0].table())
    })
    .await;
    Ok(())
}

#[tokio::test]
async fn a_number_that_is_missing_is_noticed_though_nothing_else_is_wrong() -> Result {
    let redis = RedisServer::start().await?;
    let scene = Scene::at(&redis, group())?;
    let sites = scene.sites(["a", "b"]).await?;
    scene.settled(&sites).await?;
    let table = scene.follow().await?;
    // A change of which no notice is sent: as if all who listen had missed it.
    let raw = Raw::to(&redis.url()).await?;
    let slot = sites[0].primaries()[0];
    let line: String = raw
        .tell(&["HGET", "muster:{counters}:slots", &slot.to_string()])
        .await?;
    let (epoch, rest) = line.split_once('|').unwrap();
    let higher = epoch.parse::<u64>()? + 1;
    let changed = format!("{higher}|{rest}");
    let number = slot.to_string();
    let mut change = redis::pipe();
    change.atomic();
    change
        .cmd("HSET")
        .arg("muster:{counters}:slots")
        .arg(&number)
        .arg(changed)
        .ignore();
    change
        .cmd("HINCRBY")
        .arg("muster:{counters}:group")
        .arg("version")
        .arg(1)
        .ignore();
    raw.pipe(&change).await?;
    for table in [&table, sites[0].table(), sites[1].table()] {
        let epoch = tokio::time::timeout(Duration::from_secs(30), async {
            table.changed(slot, Epoch::new(higher - 1)).await
        });
        assert_eq!(epoch.await?.number(), higher);
    }
    scene.settled(&sites).await
}

#[tokio::test]
async fn whoever_is_told_of_a_change_finds_the_new_primary() -> Result {
    let redis = RedisServer::start().await?;
    let scene = Scene::at(&redis, group())?;
    let sites = scene.sites(["a", "b"]).await?;
    scene.settled(&sites).await?;
    let table = scene.follow().await?;
    let slot = sites[0].primaries()[0];
    let before = table.epoch(slot);
    let waits = tokio::spawn({
        let table = table.clone();
        async move {
            let epoch = table.changed(slot, before).await;
            let primary = table.primary(slot);
            (
                epoch,
                primary.map(|primary| (primary.epoch(), primary.member().id().to_string())),
            )
        }
    });
    sites[0].fail(slot).await?;
    let (epoch, primary) = waits.await?;
    let (of, _) = primary.ok_or("no primary after a change")?;
    assert!(epoch > before && of >= epoch, "{before}, {epoch}, {of}");
    Ok(())
}

#[tokio::test]
async fn readers_go_on_while_redis_is_away_and_while_all_changes() -> Result {
    let redis = RedisServer::start().await?;
    let scene = Scene::at(&redis, group().slots(64))?;
    let sites = scene.sites(["a", "b"]).await?;
    scene.settled(&sites).await?;
    let table = scene.follow().await?;
    let truth = seen(&scene, &table);
    redis.pause().await?;
    // No call waits for anything: there is no await in any of them.
    for _ in 0..1_000 {
        assert_eq!(seen(&scene, &table), truth);
    }
    redis.resume()?;
    let c = scene.site("c").await?;
    let mut last = scene.epochs(&table);
    until("c leads what it is to", || {
        let now = scene.epochs(&table);
        assert!(
            now.iter().all(|(slot, epoch)| *epoch >= last[slot]),
            "an epoch went back"
        );
        last = now;
        seen(&scene, &table) == seen(&scene, c.table()) && !c.primaries().is_empty()
    })
    .await;
    scene.settled(sites.iter().chain([&c])).await
}
