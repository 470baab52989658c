//! What other coordinators over Redis get wrong, as a site would suffer from it.

use tokio::time::{Duration, sleep};

use super::world::{TIMEOUT, World};
use crate::Group;

#[tokio::test(start_paused = true)]
async fn no_clock_but_redis_decides_who_is_silent() {
    // Sites send no time at all; Redis's own may be far from theirs, and go ahead by less than the margin.
    let world = World::new();
    world.fake.jump(Duration::from_secs(86_400));
    let (a, b) = (world.site("a").await, world.site("b").await);
    world.settled(&["a", "b"]).await;
    for _ in 0..10 {
        world.fake.jump(world.group.margin() / 2);
        sleep(TIMEOUT / 2).await;
        assert!(a.site().is_live() && b.site().is_live());
    }
    // A jump over the timeout is told from silence: nobody is evicted for it.
    let epochs = |site: &crate::Site| {
        site.primaries()
            .into_iter()
            .map(|slot| site.grant(slot))
            .collect::<Vec<_>>()
    };
    let before = epochs(b.site());
    world.fake.jump(TIMEOUT * 10);
    sleep(TIMEOUT * 3).await;
    assert_eq!(epochs(b.site()), before);
    world.check();
}

#[tokio::test(start_paused = true)]
async fn a_site_without_slots_stays_a_member() {
    let world = World::of(Group::builder("g").slots(8).min_sites(2));
    let _a = world.site("a").await;
    sleep(TIMEOUT * 4).await;
    let sites = |world: &World| {
        world
            .fake
            .core()
            .group
            .as_ref()
            .expect("a group")
            .sites
            .len()
    };
    assert_eq!(sites(&world), 1);
    let version = |world: &World| world.fake.core().group.as_ref().expect("a group").version;
    let before = version(&world);
    sleep(TIMEOUT * 4).await;
    assert_eq!(version(&world), before, "nobody comes and goes");
}

#[tokio::test(start_paused = true)]
async fn an_eviction_is_one_change_for_those_who_watch() {
    let world = World::of(Group::builder("g").slots(8).replicas(2));
    let (_a, b) = (world.site("a").await, world.site("b").await);
    world.settled(&["a", "b"]).await;
    let version = |world: &World| world.fake.core().group.as_ref().expect("a group").version;
    sleep(TIMEOUT).await;
    let before = version(&world);
    b.crash();
    let sites = || {
        world
            .fake
            .core()
            .group
            .as_ref()
            .expect("a group")
            .sites
            .len()
    };
    for _ in 0..200 {
        if sites() == 1 {
            break;
        }
        assert_eq!(version(&world), before, "nothing is done by halves");
        sleep(Duration::from_millis(20)).await;
    }
    let group = world.fake.core();
    let group = group.group.as_ref().expect("a group");
    let is_a = |line: &super::super::fake::Line| {
        line.primary.as_ref().is_some_and(|id| id.as_str() == "a")
    };
    assert!(group.slots.values().all(is_a), "all in the same change");
}

#[tokio::test(start_paused = true)]
async fn a_settled_group_is_quiet() {
    let world = World::new();
    let (_a, _b, _c) = (
        world.site("a").await,
        world.site("b").await,
        world.site("c").await,
    );
    world.settled(&["a", "b", "c"]).await;
    sleep(TIMEOUT * 2).await;
    let version = |world: &World| world.fake.core().group.as_ref().expect("a group").version;
    let before = version(&world);
    sleep(TIMEOUT * 20).await;
    assert_eq!(version(&world), before, "heartbeats change nothing");
    world.check();
}
