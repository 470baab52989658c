//! Slots that move: how many at once, what fails, who is asked again.

use std::collections::BTreeMap;

use tokio::time::{Duration, Instant, sleep};

use super::{
    app::Mood,
    world::{Actor, TIMEOUT, World},
};
use crate::{Group, Role, Slot};

#[tokio::test(start_paused = true)]
async fn no_more_slots_move_at_once_than_may() {
    let world = World::of(Group::builder("g").slots(64));
    let slow = Duration::from_millis(100);
    let a = world
        .join("a", |plan| plan.max_moves = 3)
        .await
        .expect("a member");
    *a.app.takes.lock().expect("no panic inside") = slow;
    world.settled(&["a"]).await;
    assert_eq!(a.app.lived().most_moving, 3);
    assert_eq!(a.app.lived().acquired.len(), 64);
}

#[tokio::test(start_paused = true)]
async fn a_slot_is_copied_from_those_who_hold_it() {
    let world = World::new();
    let _a = world.site("a").await;
    world.settled(&["a"]).await;
    let b = world.site("b").await;
    world.settled(&["a", "b"]).await;
    assert!(
        b.app
            .lived()
            .sources
            .values()
            .all(|sources| sources == &["a"])
    );
}

#[tokio::test(start_paused = true)]
async fn an_acquisition_that_fails_is_asked_for_again_with_growing_waits() {
    let world = World::of(Group::builder("g").slots(1));
    let a = world.join("a", |_| ()).await.expect("a member");
    a.app.mood.send_replace(Mood::Fails);
    sleep(TIMEOUT * 30).await;
    let tries = a.app.lived().tries.len();
    assert!((5..200).contains(&tries), "{tries}");
    assert_eq!(a.site().held(), []);
    a.app.mood.send_replace(Mood::Fine);
    world.settled(&["a"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_panics_has_failed_and_the_site_goes_on() {
    let world = World::new();
    let _b = world.site("b").await;
    world.settled(&["b"]).await;
    let a = world.site("a").await;
    a.app.mood.send_replace(Mood::Panics);
    sleep(TIMEOUT * 5).await;
    assert!(a.site().is_live() && !a.app.lived().tries.is_empty());
    assert_eq!(a.site().held(), []);
    a.app.mood.send_replace(Mood::PanicsAtRoles);
    sleep(TIMEOUT * 5).await;
    assert!(a.site().is_live());
    assert_eq!(a.site().primaries(), [], "it never got so far");
    a.app.mood.send_replace(Mood::Fine);
    world.settled(&["a", "b"]).await;
    world.check();
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_hangs_holds_no_heartbeat_up() {
    let world = World::new();
    let (_a, b) = (world.site("a").await, world.site("b").await);
    b.app.mood.send_replace(Mood::Hangs);
    for _ in 0..50 {
        sleep(TIMEOUT / 5).await;
        assert!(b.site().is_live());
    }
    let begun = Instant::now();
    assert!(!world.writers().is_empty());
    assert_eq!(world.writes("b", begun), 0);
}

#[tokio::test(start_paused = true)]
async fn a_slot_that_failed_fails_over_at_once_and_comes_back_later() {
    let world = World::new();
    let (a, b) = (world.site("a").await, world.site("b").await);
    world.settled(&["a", "b"]).await;
    let slot = *a.site().primaries().first().expect("one");
    let before = a.site().grant(slot).expect("primary").epoch;
    a.site().fail(slot).await.expect("failed over");
    assert!(a.site().grant(slot).is_none());
    let primary = || {
        b.site()
            .grant(slot)
            .is_some_and(|grant| grant.role == Role::Primary)
    };
    let begun = Instant::now();
    world.until("the other is primary", primary).await;
    assert!(begun.elapsed() < TIMEOUT / 4, "no timeout has to pass");
    assert!(b.site().grant(slot).expect("primary").epoch > before);
    let again = || a.app.lived().acquired[&slot] == 2;
    world.until("it is acquired again", again).await;
    assert_eq!(a.app.lived().released[&slot], 1);
    world.settled(&["a", "b"]).await;
    world.check();
}

#[tokio::test(start_paused = true)]
async fn a_slot_that_fails_whenever_it_is_served_is_acquired_more_and_more_rarely() {
    let world = World::of(Group::builder("g").slots(1).replicas(2));
    let (a, b) = (world.site("a").await, world.site("b").await);
    world.settled(&["a", "b"]).await;
    let slot = Slot::new(0);
    let end = Instant::now() + TIMEOUT * 60;
    while Instant::now() < end {
        for actor in [&a, &b] {
            let grant = actor.site().grant(slot);
            if grant.is_some_and(|grant| grant.role == Role::Primary) {
                actor.site().fail(slot).await.expect("failed over");
            }
        }
        sleep(TIMEOUT / 100).await;
    }
    let copies: u32 = [&a, &b]
        .map(|it| it.app.lived().acquired[&slot])
        .iter()
        .sum();
    assert!((6..100).contains(&copies), "{copies}");
}

#[tokio::test(start_paused = true)]
async fn a_role_that_the_application_panics_at_is_tried_more_and_more_rarely() {
    let world = World::of(Group::builder("g").slots(1));
    let a = world.join("a", |_| ()).await.expect("a member");
    a.app.mood.send_replace(Mood::PanicsAtRoles);
    sleep(TIMEOUT * 30).await;
    let tries = a.app.lived().acquired[&Slot::new(0)];
    assert!((5..50).contains(&tries), "{tries}");
    a.app.mood.send_replace(Mood::Fine);
    world.settled(&["a"]).await;
}

#[tokio::test(start_paused = true)]
async fn the_role_is_given_away_only_after_the_application_has_let_it_go() {
    let world = World::new();
    let a = world.site("a").await;
    world.settled(&["a"]).await;
    let b = world.site("b").await;
    world.settled(&["a", "b"]).await;
    for slot in b.site().primaries() {
        let lived = a.app.lived();
        let told = &lived.told[&slot];
        let (role, epoch) = *told.last().expect("told");
        assert_eq!(role, Role::Secondary, "{told:?}");
        assert!(epoch < b.site().grant(slot).expect("primary").epoch);
    }
    world.check();
}

#[tokio::test(start_paused = true)]
async fn each_acquisition_is_followed_by_one_release() {
    let world = World::new();
    let a = world.site("a").await;
    world.settled(&["a"]).await;
    let (b, c) = (world.site("b").await, world.site("c").await);
    world.settled(&["a", "b", "c"]).await;
    let actors = [&a, &b, &c];
    let counts_match = |actor: &&Actor| {
        let (lived, held) = (actor.app.lived(), actor.site().held());
        let count = |of: &BTreeMap<Slot, u32>, slot| of.get(&slot).copied().unwrap_or(0);
        let mut slots = world.group.slots().slots();
        slots.all(|slot| {
            let here = count(&lived.acquired, slot) - count(&lived.released, slot);
            here == u32::from(held.contains(&slot))
        })
    };
    world
        .until(
            "two hold each, and nobody has what it does not hold",
            || {
                let held = actors.iter().map(|it| it.site().held().len());
                held.sum::<usize>() == 16 && actors.iter().all(counts_match)
            },
        )
        .await;
}
