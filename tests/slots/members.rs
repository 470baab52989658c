//! Who belongs to a group.

use std::collections::BTreeSet;

use tower_muster_slots::{Removal, Role, Slot, SlotTable};
use tower_muster_testkit::redis::RedisServer;
use tower_muster_tests::{
    Result,
    slots::{Actor, Scene, group, until},
};

fn ids(table: &SlotTable) -> Vec<String> {
    let members = table.members();
    members
        .iter()
        .map(|member| member.id().to_string())
        .collect()
}

#[tokio::test]
async fn who_joins_is_seen_by_every_site_and_client_with_all_that_it_said() -> Result {
    let redis = RedisServer::start().await?;
    let scene = Scene::at(&redis, group())?;
    let first = scene.site("first").await?;
    let table = scene.follow().await?;
    let cast = scene.cast().rack("r1").weight(2.0);
    let second = cast.join("second").await?;
    for table in [first.table(), second.table(), &table] {
        until("both are there", || ids(table) == ["first", "second"]).await;
        assert_eq!(
            table.members(),
            [first.member().clone(), second.member().clone()]
        );
        let node = table.members()[1].node().clone();
        assert_eq!((node.datacenter(), node.rack()), (Some("dc1"), Some("r1")));
        assert!((node.weight() - 2.0).abs() < f64::EPSILON);
    }
    Ok(())
}

#[tokio::test]
async fn who_falls_silent_is_evicted_and_each_of_its_slots_fails_over() -> Result {
    let redis = RedisServer::start().await?;
    let scene = Scene::at(&redis, group())?;
    let mut sites = scene.sites(["a", "b", "c"]).await?;
    scene.settled(&sites).await?;
    let table = scene.follow().await?;
    let before = scene.epochs(&table);

    let killed = sites.remove(0);
    let led: BTreeSet<Slot> = killed.primaries().into_iter().collect();
    let lost = killed.held();
    killed.crash().await;
    assert!(!led.is_empty() && led.len() < 16, "{led:?}");
    until("it is no member", || ids(&table) == ["b", "c"]).await;
    for slot in scene.slots() {
        let route = table.route(slot);
        let (was, is) = (before[&slot], route.epoch());
        // The next holder was ready: nobody waited for a move.
        assert!(route.primary().is_some(), "{route:?}");
        assert!(
            route
                .holders()
                .all(|(member, _)| member.id().as_str() != "a")
        );
        assert!(
            is > was || is == was && !led.contains(&slot),
            "{route:?}, {was} before"
        );
    }
    scene.settled(&sites).await?;
    // What it held alone with another is with two again.
    assert!(
        lost.iter()
            .all(|slot| table.route(*slot).holders().count() == 2)
    );
    Ok(())
}

#[tokio::test]
async fn who_leaves_gives_its_slots_away_first_and_is_gone_at_once() -> Result {
    let redis = RedisServer::start().await?;
    let scene = Scene::at(&redis, group().replicas(1))?;
    let mut sites = scene.sites(["a", "b"]).await?;
    scene.settled(&sites).await?;
    let (client, app) = (scene.client().await?, sites[0].app.clone());
    let stream = client.stream(scene.slots());
    stream.more(32).await;

    let held = sites[0].held();
    sites.remove(0).leave().await?;
    // Nobody else held a copy: the other one has taken each of them before it was let go.
    let b = &sites[0];
    assert!(
        held.iter().all(|slot| b.app.acquired(*slot) == 1),
        "{held:?}"
    );
    assert_eq!(
        held.iter().map(|slot| app.released(*slot)).sum::<usize>(),
        held.len()
    );
    until("the client knows", || ids(&client.table) == ["b"]).await;
    scene.settled(&sites).await?;
    stream.more(32).await;
    assert_eq!(stream.end().await?, [""; 0], "calls failed");
    scene.journal.check();
    Ok(())
}

#[tokio::test]
async fn who_is_not_heard_by_its_own_choice_loses_its_slots() -> Result {
    let redis = RedisServer::start().await?;
    let scene = Scene::at(&redis, group())?;
    let watcher = scene.site("watcher").await?;
    let manual = scene.cast().manual_heartbeat().join("manual").await?;
    // As long as its main loop turns it is a member like any other.
    let beats = async {
        loop {
            let _ = manual.beat().await;
            tokio::time::sleep(scene.group.heartbeat()).await;
        }
    };
    let both = [&watcher, &manual];
    tokio::select! {
        settled = scene.settled(both) => settled?,
        () = beats => {}
    }
    manual.beat().await?;
    assert!(manual.is_live() && !manual.primaries().is_empty());
    until("its lease has ended", || !manual.is_live()).await;
    assert!(manual.primaries().is_empty() && !manual.held().is_empty());
    scene.settled([&watcher]).await?;
    tokio::time::sleep(scene.group.timeout()).await;
    assert_eq!(ids(watcher.table()), ["watcher"], "it stands still");
    // It is told so when it is back, and is a member again.
    let _ = manual.beat().await;
    until("it is back", || {
        ids(watcher.table()) == ["manual", "watcher"]
    })
    .await;
    Ok(())
}

#[tokio::test]
async fn a_slot_that_enough_others_hold_can_be_let_go_and_no_other() -> Result {
    let redis = RedisServer::start().await?;
    let scene = Scene::at(&redis, group())?;
    let sites = scene.sites(["a", "b", "c"]).await?;
    scene.settled(&sites).await?;
    let slot = Slot::new(3);
    let holds = |id: &str| {
        sites[0]
            .table()
            .route(slot)
            .holders()
            .any(|(m, _)| m.id().as_str() == id)
    };
    let third = sites.iter().find(|site| !holds(site.id())).unwrap();
    let holder = sites
        .iter()
        .find(|site| !site.leads(slot) && holds(site.id()))
        .unwrap();

    // Two are to hold it, and without this one there is one.
    let kept = holder.request_remove(slot).await?;
    assert_eq!(
        kept,
        Removal::Kept {
            others: 1,
            needed: 2
        }
    );
    assert!(holder.role(slot).is_some());
    // A third one that says it is ready is one too many, and is told so once the library sees it.
    let grant = third.request_add(slot).await?;
    assert_eq!((grant.slot, grant.role), (slot, Role::Secondary));
    until("it is let go", || third.app.released(slot) == 1).await;
    scene.settled(&sites).await
}

#[tokio::test]
async fn a_slot_that_one_too_many_hold_is_let_go_when_its_holder_asks() -> Result {
    let redis = RedisServer::start().await?;
    // With less than four nothing is assigned: the library lets nothing go by itself, nor asks for it again.
    let scene = Scene::at(&redis, group().min_sites(4))?;
    let sites = scene.sites(["a", "b", "c"]).await?;
    for site in &sites {
        until("all are there", || ids(site.table()).len() == 3).await;
    }
    let slot = Slot::new(3);
    for site in &sites {
        site.request_add(slot).await?;
    }
    let holders = |site: &Actor| site.table().route(slot).holders().count();
    // Taken at one moment: a lease may end and begin anew between two looks.
    let leader = || {
        sites.iter().find_map(|site| match site.role(slot)? {
            (Role::Primary, epoch) => Some((site, epoch)),
            _ => None,
        })
    };
    let mut led = None;
    until("one leads, and two follow", || {
        led = leader();
        led.is_some() && sites.iter().all(|site| site.role(slot).is_some())
    })
    .await;
    let (first, before) = led.unwrap();

    // The other two are enough, and one of them goes on as primary.
    assert_eq!(first.request_remove(slot).await?, Removal::Removed);
    assert_eq!(first.role(slot), None);
    until("it is let go", || first.app.released(slot) == 1).await;
    until("it is not held", || first.held().is_empty()).await;
    until("another leads", || {
        led = leader();
        led.is_some()
    })
    .await;
    let (second, after) = led.unwrap();
    assert!(after > before, "{after} after {before}");
    for site in &sites {
        until("two are left", || holders(site) == 2).await;
    }
    // What is held nowhere here is removed already; and the others are needed now.
    assert_eq!(first.request_remove(slot).await?, Removal::Removed);
    let (others, needed) = (1, 2);
    assert_eq!(
        second.request_remove(slot).await?,
        Removal::Kept { others, needed }
    );
    // Who asked to let it go stays without it.
    let released: usize = sites.iter().map(|site| site.app.released(slot)).sum();
    assert_eq!((first.app.acquired(slot), released), (0, 1));
    Ok(())
}
