//! Who holds what does not depend on who came first.

use std::collections::BTreeMap;

use tower_muster_slots::{Group, Slot, SlotTable};
use tower_muster_testkit::redis::{RedisCluster, RedisServer};
use tower_muster_tests::{
    Result,
    slots::{Raw, Scene, group, until},
};

/// Who holds each slot, the primary first.
fn holders(scene: &Scene, table: &SlotTable) -> BTreeMap<Slot, Vec<String>> {
    let ids = |slot: Slot| {
        let route = table.route(slot);
        let primary = route.primary().map(|member| member.id().to_string());
        let ids = route.holders().map(|(member, _)| member.id().to_string());
        primary.into_iter().chain(ids).collect()
    };
    scene.slots().map(|slot| (slot, ids(slot))).collect()
}

#[tokio::test]
async fn sites_agree_in_whichever_order_they_came() -> Result {
    let redis = RedisServer::start().await?;
    let timeout = group().build()?.timeout();
    let mut found = Vec::new();
    for (name, ids) in [("one", ["a", "b", "c"]), ("other", ["c", "b", "a"])] {
        let group = Group::builder(name).slots(32).replicas(2).timeout(timeout);
        let scene = Scene::at(&redis, group)?;
        let sites = scene.sites(ids).await?;
        scene.settled(&sites).await?;
        found.extend(sites.iter().map(|site| holders(&scene, site.table())));
    }
    assert!(found.iter().all(|other| *other == found[0]), "{found:?}");
    Ok(())
}

#[tokio::test]
async fn a_site_without_slots_stays_a_member() -> Result {
    let redis = RedisServer::start().await?;
    let scene = Scene::at(&redis, group().slots(1).replicas(1))?;
    let mut sites = scene.sites(["a", "b", "c"]).await?;
    scene.settled(&sites).await?;
    let table = scene.follow().await?;
    let (before, version) = (table.members(), table.version());
    assert_eq!(before.len(), 3);
    tokio::time::sleep(scene.group.timeout() * 2).await;
    assert_eq!(
        (table.members(), table.version()),
        (before, version),
        "nobody came or went"
    );
    // It is there when it is needed.
    let at = sites
        .iter()
        .position(|site| site.leads(Slot::new(0)))
        .unwrap();
    sites.remove(at).crash().await;
    until("the dead one is gone", || table.members().len() == 2).await;
    scene.settled(&sites).await
}

#[tokio::test]
async fn roles_return_to_where_the_assignment_has_them_after_a_failover() -> Result {
    let redis = RedisServer::start().await?;
    let scene = Scene::at(&redis, group())?;
    let mut sites = scene.sites(["a", "b", "c"]).await?;
    scene.settled(&sites).await?;
    let table = scene.follow().await?;
    let before = holders(&scene, &table);
    sites.remove(0).crash().await;
    until("its slots are with others", || table.members().len() == 2).await;
    scene.settled(&sites).await?;
    assert_ne!(holders(&scene, &table), before);
    sites.push(scene.site("a").await?);
    scene.settled(&sites).await?;
    until("all is as before", || holders(&scene, &table) == before).await;
    Ok(())
}

#[tokio::test]
async fn all_keys_of_a_group_are_in_one_slot_of_a_cluster() -> Result {
    let redis = RedisServer::start().await?;
    let cluster = RedisCluster::start().await?;
    let raw = Raw::to(&cluster.nodes()[0].url()).await?;
    for name in ["counters", "a:b/c", "x"] {
        let timeout = group().build()?.timeout();
        let scene = Scene::at(&redis, Group::builder(name).slots(4).timeout(timeout))?;
        let site = scene.site("a").await?;
        scene.settled([&site]).await?;
    }
    let keys: Vec<String> = Raw::to(&redis.url()).await?.tell(&["KEYS", "*"]).await?;
    assert_eq!(keys.len(), 12, "{keys:?}");
    let mut places: BTreeMap<String, Vec<u16>> = BTreeMap::new();
    for key in &keys {
        let (_, tagged) = key.split_once('{').unwrap();
        let (name, _) = tagged.split_once('}').unwrap();
        let place = raw.tell(&["CLUSTER", "KEYSLOT", key]).await?;
        places.entry(name.to_owned()).or_default().push(place);
    }
    assert!(places.values().all(|group| group.len() == 4), "{places:?}");
    assert!(
        places
            .values()
            .all(|group| group.iter().all(|place| *place == group[0])),
        "{places:?}"
    );
    Ok(())
}
