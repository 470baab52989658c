//! A site's life in order: joining, heartbeats, taking over, leaving.

use std::sync::Arc;

use tokio::time::{Duration, Instant, sleep};

use super::world::{TIMEOUT, World};
use crate::{Group, Removal, Role, SiteError, Slot};

#[tokio::test(start_paused = true)]
async fn slots_go_to_the_sites_that_the_assignment_names_and_roles_return_to_them() {
    let world = World::new();
    let a = world.site("a").await;
    world.settled(&["a"]).await;
    let b = world.site("b").await;
    let c = world.site("c").await;
    world.settled(&["a", "b", "c"]).await;
    c.crash();
    world.settled(&["a", "b"]).await;
    let c = world.site("c").await;
    world.settled(&["a", "b", "c"]).await;
    world.check();
    drop((a, b, c));
}

#[tokio::test(start_paused = true)]
async fn a_killed_sites_slots_have_a_new_primary_within_a_little_more_than_a_timeout() {
    let world = World::new();
    let (_a, b, _c) = (
        world.site("a").await,
        world.site("b").await,
        world.site("c").await,
    );
    world.settled(&["a", "b", "c"]).await;
    let slots = b.site().primaries();
    assert!(!slots.is_empty(), "b has something to lose");
    let killed = Instant::now();
    b.crash();
    sleep(Duration::from_millis(60)).await;
    let is_served = || slots.iter().all(|slot| world.writers().contains_key(slot));
    world.until("others have taken over", is_served).await;
    // Since the last heartbeat, which was before it was killed.
    assert!(
        killed.elapsed() <= TIMEOUT.mul_f64(1.10),
        "{:?}",
        killed.elapsed()
    );
    assert!(
        killed.elapsed() >= TIMEOUT / 2,
        "not before its lease can have ended"
    );
    world.check();
}

#[tokio::test(start_paused = true)]
async fn below_the_least_number_of_sites_nothing_is_assigned_and_nothing_is_let_go() {
    let world = World::of(Group::builder("g").slots(8).replicas(1).min_sites(2));
    let a = world.site("a").await;
    sleep(TIMEOUT * 5).await;
    assert!(a.app.lived().tries.is_empty(), "nothing is asked for");
    let b = world.site("b").await;
    world.settled(&["a", "b"]).await;
    let held = a.site().held();
    b.crash();
    sleep(TIMEOUT * 5).await;
    assert_eq!(a.site().held(), held, "neither more nor less");
    assert!(a.app.lived().released.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_site_that_leaves_in_order_hands_all_over_before_it_goes() {
    let world = World::new();
    let (a, b, c) = (
        world.site("a").await,
        world.site("b").await,
        world.site("c").await,
    );
    world.settled(&["a", "b", "c"]).await;
    let (site, held) = (b.site().clone(), b.site().held());
    site.leave(TIMEOUT * 20).await.expect("left");
    assert!(site.held().is_empty() && site.primaries().is_empty());
    let released: Vec<Slot> = b.app.lived().released.keys().copied().collect();
    assert_eq!(released, held, "each was let go when others held it");
    world.settled(&["a", "c"]).await;
    assert!(matches!(
        site.request_add(Slot::new(0)).await,
        Err(SiteError::Gone)
    ));
    let all = a.site().held().len() + c.site().held().len();
    assert_eq!(all, 16, "two hold each");
    world.check();
}

#[tokio::test(start_paused = true)]
async fn leaving_takes_no_longer_than_it_may() {
    let world = World::new();
    let a = world.site("a").await;
    world.settled(&["a"]).await;
    let begun = Instant::now();
    a.site().leave(TIMEOUT).await.expect("left");
    assert!(
        begun.elapsed() >= TIMEOUT && begun.elapsed() < TIMEOUT * 2,
        "nobody could take over"
    );
    assert_eq!(a.site().primaries(), []);
}

#[tokio::test(start_paused = true)]
async fn a_site_whose_handles_are_dropped_stops_acting_at_once_and_is_replaced_as_after_a_crash() {
    let world = World::new();
    let (_a, mut b) = (world.site("a").await, world.site("b").await);
    world.settled(&["a", "b"]).await;
    b.site = None;
    sleep(Duration::from_millis(10)).await;
    let dropped = Instant::now();
    assert!(b.driver.is_finished(), "its task has ended");
    world.settled(&["a"]).await;
    assert_eq!(world.writes("b", dropped), 0);
    assert!(dropped.elapsed() > TIMEOUT / 2, "it did not evict itself");
    world.check();
}

#[tokio::test(start_paused = true)]
async fn an_id_is_had_from_a_dead_predecessor_after_its_timeout_and_never_from_a_live_site() {
    let world = World::new();
    let a = world.site("a").await;
    world.settled(&["a"]).await;
    let begun = Instant::now();
    let error = world.join("a", |_| ()).await.err().expect("a lives");
    assert!(
        matches!(&error, SiteError::Taken { id, .. } if id.as_str() == "a"),
        "{error}"
    );
    assert!(begun.elapsed() < TIMEOUT * 3);
    a.crash();
    let _a = world.site("a").await;
    world.settled(&["a"]).await;
    world.check();
}

#[tokio::test(start_paused = true)]
async fn a_site_that_counts_otherwise_is_refused() {
    let world = World::new();
    let _a = world.site("a").await;
    let other = Group::builder("g").slots(9).build().expect("a group");
    let other = World {
        group: other,
        fake: world.fake.clone(),
        log: Arc::default(),
    };
    let error = other.join("b", |_| ()).await.err().expect("refused");
    assert!(matches!(error, SiteError::Mismatch { .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_site_with_manual_heartbeats_lives_as_long_as_its_application_says_so() {
    let world = World::new();
    let a = world
        .join("a", |plan| plan.is_manual = true)
        .await
        .expect("a member");
    for _ in 0..40 {
        a.site().beat().await.expect("heard");
        sleep(TIMEOUT / 4).await;
    }
    assert_eq!(a.site().primaries().len(), 8);
    sleep(world.group.lease()).await;
    assert_eq!(a.site().primaries().len(), 0, "nobody says so any more");
    assert_eq!(a.site().held().len(), 8, "what it has it keeps");
    a.site().beat().await.expect("heard");
    sleep(TIMEOUT / 4).await;
    assert_eq!(a.site().primaries().len(), 8);
}

#[tokio::test(start_paused = true)]
async fn a_site_with_manual_heartbeats_that_was_evicted_is_back_when_its_application_says_so() {
    let world = World::new();
    let a = world
        .join("a", |plan| plan.is_manual = true)
        .await
        .expect("a member");
    let b = world.site("b").await;
    for _ in 0..40 {
        a.site().beat().await.expect("heard");
        sleep(TIMEOUT / 4).await;
    }
    world.settled(&["a", "b"]).await;
    for _ in 0..30 {
        sleep(TIMEOUT / 2).await;
        assert!(!a.site().is_live() || b.site().table().members().len() == 2);
    }
    assert_eq!(b.site().table().members().len(), 1, "it stands still");
    assert_eq!(b.site().primaries().len(), 8);
    let error = a.site().beat().await.expect_err("no member");
    assert!(matches!(error, SiteError::Away), "{error}");
    sleep(TIMEOUT / 8).await;
    for _ in 0..40 {
        a.site().beat().await.expect("heard");
        sleep(TIMEOUT / 4).await;
    }
    world.settled(&["a", "b"]).await;
}

#[tokio::test(start_paused = true)]
async fn slots_are_added_and_removed_as_the_application_asks() {
    let world = World::of(Group::builder("g").slots(8).replicas(1).min_sites(3));
    let (a, b) = (world.site("a").await, world.site("b").await);
    let slot = Slot::new(3);
    sleep(TIMEOUT * 2).await;
    let grant = a.site().request_add(slot).await.expect("added");
    assert_eq!(grant.role, Role::Primary);
    let kept = a.site().request_remove(slot).await.expect("answered");
    assert_eq!(
        kept,
        Removal::Kept {
            others: 0,
            needed: 1
        }
    );
    world
        .until("it goes on", || a.site().primaries() == [slot])
        .await;
    let second = b.site().request_add(slot).await.expect("added");
    assert_eq!(second.role, Role::Secondary);
    assert_eq!(
        a.site().request_remove(slot).await.expect("answered"),
        Removal::Removed
    );
    world
        .until("the other has taken over", || {
            b.site().primaries() == [slot]
        })
        .await;
    world
        .until("it was released", || {
            a.app.lived().released.get(&slot) == Some(&1)
        })
        .await;
    sleep(TIMEOUT / 4).await;
    let epoch = b.site().grant(slot).expect("primary").epoch;
    assert!(epoch > grant.epoch);
    let error = a
        .site()
        .request_add(Slot::new(8))
        .await
        .expect_err("no such slot");
    assert_eq!(error.to_string(), "slot is 8, and there are 8");
    world.check();
}
