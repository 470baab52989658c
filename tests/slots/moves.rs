//! What the application is asked to move.

use tower_muster_slots::{Group, Role, Slot};
use tower_muster_testkit::redis::RedisServer;
use tower_muster_tests::{
    Result,
    slots::{App, Line, Scene, group, until},
};

#[tokio::test]
async fn a_site_is_asked_for_what_it_lacks_and_holds_it_when_it_says_so() -> Result {
    let redis = RedisServer::start().await?;
    let scene = Scene::at(&redis, group())?;
    let a = scene.site("a").await?;
    scene.settled([&a]).await?;

    let app = App::closed();
    let b = scene.cast().app(&app).join("b").await?;
    until("it is asked", || app.lived().moving == 8).await;
    let lived = app.lived();
    // It can copy each of them from the one that has it, which goes on.
    assert!(
        lived.sources.values().all(|sources| sources == &["a"]),
        "{lived:?}"
    );
    assert!(b.held().is_empty() && a.primaries().len() == 16);
    app.open();
    scene.settled([&a, &b]).await?;
    let lived = app.lived();
    assert!(
        lived.acquired.values().all(|times| *times == 1),
        "{lived:?}"
    );
    assert_eq!(lived.acquisitions(), 16);
    assert_eq!(lived.released.len(), 0);
    Ok(())
}

#[tokio::test]
async fn no_more_slots_move_at_once_than_the_site_was_built_for() -> Result {
    let redis = RedisServer::start().await?;
    for (name, most) in [("one", 1), ("five", 5)] {
        let timeout = group().build()?.timeout();
        let scene = Scene::at(&redis, Group::builder(name).slots(32).timeout(timeout))?;
        let app = App::closed();
        let site = scene.cast().app(&app).max_moves(most).join("a").await?;
        until("as many move as may", || app.lived().moving == most).await;
        app.open();
        scene.settled([&site]).await?;
        assert_eq!(app.lived().most_moving, most);
    }
    Ok(())
}

#[tokio::test]
async fn a_site_is_told_to_let_go_what_others_are_to_hold_once_they_do() -> Result {
    let redis = RedisServer::start().await?;
    let scene = Scene::at(&redis, group().replicas(1))?;
    let a = scene.site("a").await?;
    scene.settled([&a]).await?;
    let app = App::closed();
    let b = scene.cast().app(&app).max_moves(16).join("b").await?;
    until("it is asked", || app.lived().moving > 0).await;
    // The one that has them keeps them all.
    assert!(a.app.lived().released.is_empty() && a.primaries().len() == 16);
    app.open();
    scene.settled([&a, &b]).await?;
    let moved = b.held();
    until("all are let go", || {
        a.app.lived().released.len() == moved.len()
    })
    .await;
    assert!(
        moved.iter().all(|slot| a.app.released(*slot) == 1),
        "{moved:?}"
    );
    Ok(())
}

#[tokio::test]
async fn a_slot_that_failed_is_released_fails_over_at_once_and_is_asked_for_again() -> Result {
    let redis = RedisServer::start().await?;
    let scene = Scene::at(&redis, group())?;
    let sites = scene.sites(["a", "b"]).await?;
    scene.settled(&sites).await?;
    let (slot, table) = (Slot::new(5), scene.follow().await?);
    let [failing, other] = match sites[0].leads(slot) {
        true => [&sites[0], &sites[1]],
        false => [&sites[1], &sites[0]],
    };
    let before = table.epoch(slot);
    failing.app.fail(true);
    failing.fail(slot).await?;
    assert!(failing.role(slot).is_none(), "it acts no more");
    until("it was let go", || failing.app.released(slot) == 1).await;
    until("the other one leads", || other.leads(slot)).await;
    assert!(table.changed(slot, before).await > before);
    // Also while it fails it is asked, and in the end all is as it was.
    until("it was asked again", || {
        failing.app.lived().tried[&slot] >= 3
    })
    .await;
    assert!(other.leads(slot) && failing.role(slot).is_none());
    failing.app.fail(false);
    scene.settled(&sites).await?;
    assert_eq!(failing.app.acquired(slot), 2);
    assert_eq!(failing.app.told(slot).unwrap().0, Role::Primary);
    Ok(())
}

#[tokio::test]
async fn a_site_that_cannot_take_a_slot_leaves_it_where_it_is() -> Result {
    let redis = RedisServer::start().await?;
    let scene = Scene::at(&redis, group().replicas(1))?;
    let a = scene.site("a").await?;
    scene.settled([&a]).await?;
    let app = App::new();
    app.fail(true);
    let b = scene.cast().app(&app).join("b").await?;
    until("it was asked twice for one", || {
        app.lived().tried.values().any(|tries| *tries > 1)
    })
    .await;
    assert_eq!(a.primaries().len(), 16);
    assert!(b.held().is_empty());
    app.fail(false);
    scene.settled([&a, &b]).await
}

#[tokio::test]
async fn what_was_copied_from_a_primary_that_died_is_copied_from_the_next_before_it_counts()
-> Result {
    let redis = RedisServer::start().await?;
    let scene = Scene::at(&redis, group())?;
    let (a, b) = (scene.site("a").await?, scene.site("b").await?);
    scene.settled([&a, &b]).await?;
    let app = App::closed();
    let c = scene.cast().app(&app).max_moves(32).join("c").await?;
    until("it copies", || app.lived().moving > 0).await;
    let led = a.primaries();
    let copied: Vec<Slot> = app.lived().tried.into_keys().collect();
    a.crash().await;
    until("the other one acts", || b.primaries().len() == 16).await;
    // The copies of the dead one's slots end now, and lack what the other has written since.
    assert_eq!(c.held(), [], "what is not copied does not count");
    app.open();
    scene.settled([&b, &c]).await?;
    let lived = app.lived();
    let late = copied.iter().filter(|slot| led.contains(slot));
    let late: Vec<&Slot> = late.collect();
    assert!(!late.is_empty(), "{copied:?} of {led:?}");
    for slot in late {
        assert_eq!(lived.caught_up.get(slot), Some(&1), "{slot}");
        assert_eq!(lived.sources[slot], ["b"], "{slot}");
        assert_eq!(lived.acquired[slot], 1, "and not from the start");
    }
    Ok(())
}

#[tokio::test]
async fn a_site_that_was_evicted_copies_what_was_written_without_it_before_it_counts_again()
-> Result {
    let redis = RedisServer::start().await?;
    let scene = Scene::at(&redis, group())?;
    let line = Line::to(redis.port()).await?;
    let app = App::new();
    let behind = scene.by(&line.url())?;
    let away = behind.cast().app(&app).max_moves(32).join("away").await?;
    let other = scene.site("other").await?;
    scene.settled([&away, &other]).await?;
    let table = scene.follow().await?;
    line.cut();
    until("the other one is alone", || other.primaries().len() == 16).await;
    app.close();
    line.mend();
    until("it is asked", || app.lived().moving == 16).await;
    assert_eq!(table.members().len(), 2, "it is a member again");
    for slot in scene.slots() {
        let route = table.route(slot);
        let ids: Vec<_> = route
            .holders()
            .map(|(member, _)| member.id().as_str())
            .collect();
        assert_eq!(ids, ["other"], "{slot}");
    }
    app.open();
    scene.settled([&away, &other]).await?;
    let lived = app.lived();
    assert!(lived.tried.values().all(|times| *times == 1), "{lived:?}");
    assert!(
        lived.caught_up.values().all(|times| *times >= 1),
        "{lived:?}"
    );
    Ok(())
}
