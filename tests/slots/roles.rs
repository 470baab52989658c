//! Who is primary, and who is told.

use std::collections::BTreeSet;

use tower_muster_slots::{Assignment, Epoch, Role, Slot};
use tower_muster_testkit::redis::RedisServer;
use tower_muster_tests::{
    Result,
    slots::{Scene, group, until},
};

#[tokio::test]
async fn all_sites_and_clients_agree_on_the_assignment() -> Result {
    let redis = RedisServer::start().await?;
    let scene = Scene::at(&redis, group().slots(64))?;
    let sites = scene.sites(["a", "b", "c", "d"]).await?;
    scene.settled(&sites).await?;
    let members = sites.iter().map(|site| site.member().clone());
    let assignment = Assignment::of(&scene.group, members)?;
    let table = scene.follow().await?;
    for slot in scene.slots() {
        let due: Vec<_> = assignment.sites(slot).cloned().collect();
        let route = table.route(slot);
        let held: Vec<_> = route
            .holders()
            .map(|(member, _)| member.id().clone())
            .collect();
        assert_eq!(held, due);
        assert_eq!(route.primary().unwrap().id(), &due[0]);
    }
    Ok(())
}

#[tokio::test]
async fn the_routing_table_says_the_same_as_the_sites_say_of_themselves() -> Result {
    let redis = RedisServer::start().await?;
    let scene = Scene::at(&redis, group())?;
    let sites = scene.sites(["a", "b"]).await?;
    scene.settled(&sites).await?;
    let table = scene.follow().await?;
    assert_eq!(table.group(), Some(scene.group.clone()));
    assert_eq!(table.slots(), Some(scene.group.slots()));
    for site in &sites {
        let led: BTreeSet<Slot> = site.primaries().into_iter().collect();
        let held: BTreeSet<Slot> = site.held().into_iter().collect();
        let leads = |slot: &Slot| {
            let primary = table.primary(*slot);
            primary.is_some_and(|primary| primary.member() == site.member())
        };
        assert_eq!(led, scene.slots().filter(leads).collect());
        let holds = |slot: &Slot| {
            table
                .route(*slot)
                .holders()
                .any(|(member, _)| member == site.member())
        };
        assert_eq!(held, scene.slots().filter(holds).collect());
        for slot in held {
            let grant = site.grant(slot).unwrap();
            assert_eq!((grant.slot, grant.epoch), (slot, table.epoch(slot)));
            assert_eq!(grant.role == Role::Primary, led.contains(&slot));
        }
    }
    let none = Slot::new(16);
    assert!(table.primary(none).is_none() && table.route(none).holders().next().is_none());
    assert_eq!(sites[0].grant(none), None);
    Ok(())
}

#[tokio::test]
async fn the_application_is_told_each_change_of_its_role_with_the_epoch() -> Result {
    let redis = RedisServer::start().await?;
    let scene = Scene::at(&redis, group())?;
    let a = scene.site("a").await?;
    scene.settled([&a]).await?;
    let first: Vec<_> = scene.slots().map(|slot| a.app.told(slot)).collect();
    assert!(
        first
            .iter()
            .all(|told| matches!(told, Some((Role::Primary, _)))),
        "{first:?}"
    );

    let b = scene.site("b").await?;
    scene.settled([&a, &b]).await?;
    let (led, kept) = (b.primaries(), a.primaries());
    assert!(!led.is_empty() && led.len() + kept.len() == 16);
    for slot in &led {
        let (mine, theirs) = (a.app.told(*slot).unwrap(), b.app.told(*slot).unwrap());
        assert_eq!((mine.0, theirs.0), (Role::Secondary, Role::Primary));
        let before: Option<(Role, Epoch)> = first[usize::from(slot.number())];
        assert!(
            theirs.1 > before.unwrap().1,
            "{slot}: {theirs:?} after {before:?}"
        );
    }
    for slot in &kept {
        assert_eq!(
            a.app.told(*slot),
            first[usize::from(slot.number())],
            "nothing has changed"
        );
    }
    b.crash().await;
    scene.settled([&a]).await?;
    assert!(
        led.iter()
            .all(|slot| a.app.told(*slot).unwrap().0 == Role::Primary)
    );
    Ok(())
}

#[tokio::test]
async fn a_plain_client_is_told_of_members_and_roles_slot_by_slot() -> Result {
    let redis = RedisServer::start().await?;
    let scene = Scene::at(&redis, group())?;
    let a = scene.site("a").await?;
    scene.settled([&a]).await?;
    let table = scene.follow().await?;
    let (version, before) = (table.version(), scene.epochs(&table));
    let b = scene.site("b").await?;
    scene.settled([&a, &b]).await?;
    let led = b.primaries();
    for slot in &led {
        let epoch = table.changed(*slot, before[slot]).await;
        assert_eq!(b.role(*slot), Some((Role::Primary, epoch)));
    }
    assert!(table.version() > version);
    b.leave().await?;
    until("it is told", || table.members().len() == 1).await;
    let follows = |slot: &Slot| {
        table
            .primary(*slot)
            .is_some_and(|primary| primary.member() == a.member())
    };
    until("all slots are led again", || {
        scene.slots().all(|slot| follows(&slot))
    })
    .await;
    Ok(())
}
