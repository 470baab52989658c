//! What a group can be set to.

use std::collections::BTreeMap;

use tower_muster_slots::{Group, Slot, Spread};
use tower_muster_testkit::redis::RedisServer;
use tower_muster_tests::{
    Result,
    slots::{Scene, group, until},
};

#[tokio::test]
async fn below_the_least_number_of_sites_no_slot_is_assigned() -> Result {
    let redis = RedisServer::start().await?;
    let scene = Scene::at(&redis, group().min_sites(3))?;
    let mut sites = scene.sites(["a", "b"]).await?;
    let heard = sites[0].table().clone();
    until("both see each other", || heard.members().len() == 2).await;
    // Longer than a new group waits for whoever held slots before.
    tokio::time::sleep(scene.group.timeout() * 3 / 2).await;
    for site in &sites {
        assert!(site.held().is_empty() && site.app.lived().tried.is_empty());
    }
    sites.push(scene.site("c").await?);
    scene.settled(&sites).await?;
    // When they become too few again what is held stays where it is.
    sites.remove(2).crash().await;
    until("it is gone", || heard.members().len() == 2).await;
    until("all slots are led", || {
        sites
            .iter()
            .map(|site| site.primaries().len())
            .sum::<usize>()
            == 16
    })
    .await;
    let asked: usize = sites
        .iter()
        .map(|site| site.app.lived().released.len())
        .sum();
    assert_eq!(asked, 0);
    Ok(())
}

#[tokio::test]
async fn a_group_may_have_one_slot_and_one_replica() -> Result {
    let redis = RedisServer::start().await?;
    let scene = Scene::at(&redis, group().slots(1).replicas(1))?;
    let sites = scene.sites(["a", "b"]).await?;
    scene.settled(&sites).await?;
    assert_eq!(sites.iter().map(|site| site.held().len()).sum::<usize>(), 1);
    let client = scene.client().await?;
    assert_eq!(client.write_object(b"whatever").await?.status, 200);
    Ok(())
}

#[tokio::test]
async fn groups_in_one_redis_know_nothing_of_each_other() -> Result {
    let redis = RedisServer::start().await?;
    let other = Group::builder("others")
        .slots(4)
        .timeout(group().build()?.timeout());
    let (one, two) = (Scene::at(&redis, group())?, Scene::at(&redis, other)?);
    let (a, b) = (one.site("same-id").await?, two.site("same-id").await?);
    one.settled([&a]).await?;
    two.settled([&b]).await?;
    assert_eq!((a.held().len(), b.held().len()), (16, 4));
    assert_eq!(b.table().members(), [b.member().clone()]);
    Ok(())
}

#[tokio::test]
async fn replicas_are_in_racks_of_their_own_and_weights_count() -> Result {
    let redis = RedisServer::start().await?;
    let strict = Spread::Strictly { racks: 2 };
    let scene = Scene::at(&redis, group().slots(64).spread(strict))?;
    let mut sites = Vec::new();
    for (id, rack, weight) in [("a", "r1", 1.0), ("b", "r1", 3.0), ("c", "r2", 1.0)] {
        sites.push(scene.cast().rack(rack).weight(weight).join(id).await?);
    }
    scene.settled(&sites).await?;
    let mut held = BTreeMap::new();
    for slot in scene.slots() {
        let route = sites[0].table().route(slot);
        let mut racks: Vec<_> = route
            .holders()
            .filter_map(|(member, _)| member.node().rack())
            .collect();
        racks.sort_unstable();
        assert_eq!(racks, ["r1", "r2"], "{route:?}");
        for (member, _) in route.holders() {
            *held.entry(member.id().to_string()).or_insert(0) += 1;
        }
    }
    // Of the first rack's 64 copies three quarters are due to the heavier site.
    assert_eq!(held["c"], 64);
    assert!((40..=56).contains(&held["b"]), "{held:?}");
    Ok(())
}

#[tokio::test]
async fn an_object_is_in_one_slot_for_sites_and_clients() -> Result {
    let redis = RedisServer::start().await?;
    let scene = Scene::at(&redis, group().slots(12))?;
    let site = scene.site("a").await?;
    scene.settled([&site]).await?;
    let client = scene.client().await?;
    let mut counts = [0_u32; 12];
    for object in (0..1_200).map(|n| format!("object:{n}")) {
        let slot = scene.group.slots().slot_of(object.as_bytes());
        assert_eq!(site.table().slot_of(object.as_bytes()), Some(slot));
        assert_eq!(client.table.slot_of(object.as_bytes()), Some(slot));
        counts[usize::from(slot.number())] += 1;
    }
    assert!(
        counts.iter().all(|count| (60..=140).contains(count)),
        "{counts:?}"
    );
    for object in ["object:1", "object:2", "object:3"] {
        let slot = scene.group.slots().slot_of(object.as_bytes());
        assert_eq!(client.write_object(object.as_bytes()).await?.status, 200);
        assert_eq!(scene.journal.writes().last().unwrap().slot, slot);
    }
    // As the Go library has it: the first 16 bits of "hello"'s MD5 are 0x5d41.
    let go = scene.group.slots().go_slot_of(b"hello");
    assert_eq!(go, Slot::new(0x5d41 % 12));
    Ok(())
}
