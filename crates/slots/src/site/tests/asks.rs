//! What the application asks for is answered, whatever else goes on about the slot.

use tokio::time::{Duration, Instant, sleep, timeout};

use super::{
    app::App,
    world::{Actor, TIMEOUT, World},
};
use crate::{Group, Removal, Role, SiteError, Slot};

const SLOT: Slot = Slot::new(3);
const SLOW: Duration = Duration::from_millis(100);

/// A world in which nothing is assigned, so that slots are where the application adds them.
async fn by_hand() -> (World, Actor, Actor) {
    let world = World::of(Group::builder("g").slots(8).replicas(1).min_sites(3));
    let (a, b) = (world.site("a").await, world.site("b").await);
    sleep(TIMEOUT * 2).await;
    a.site().request_add(SLOT).await.expect("added");
    b.site().request_add(SLOT).await.expect("added");
    (world, a, b)
}

/// It takes its time to let go, and to acquire.
fn slow(app: &App) {
    *app.takes.lock().expect("no panic inside") = SLOW;
}

/// The answer, which comes within some timeouts.
async fn answered<T>(answer: impl Future<Output = T>) -> T {
    timeout(TIMEOUT * 5, answer).await.expect("an answer")
}

#[tokio::test(start_paused = true)]
async fn a_site_that_has_just_joined_can_be_asked() {
    let world = World::of(Group::builder("g").slots(8).replicas(1).min_sites(3));
    let a = world.site("a").await;
    let added = answered(a.site().request_add(SLOT)).await;
    // Nobody is primary for a group's first timeout.
    assert_eq!(added.expect("added").role, Role::Secondary);
}

#[tokio::test(start_paused = true)]
async fn a_slot_that_is_being_released_can_be_added_when_it_is_gone() {
    let (world, a, _b) = by_hand().await;
    slow(&a.app);
    let removed = answered(a.site().request_remove(SLOT)).await;
    assert_eq!(removed.expect("answered"), Removal::Removed);
    let busy = answered(a.site().request_add(SLOT)).await;
    let busy = busy.expect_err("it is on its way out");
    assert!(matches!(busy, SiteError::Busy { slot: SLOT }), "{busy}");
    let released = || a.app.lived().released.contains_key(&SLOT);
    world.until("it is released", released).await;
    sleep(SLOW).await;
    let added = answered(a.site().request_add(SLOT)).await;
    assert_eq!(added.expect("added").role, Role::Secondary);
    answered(a.site().fail(SLOT)).await.expect("answered");
}

#[tokio::test(start_paused = true)]
async fn a_slot_fails_that_is_here_and_not_held() {
    let (world, a, b) = by_hand().await;
    slow(&a.app);
    a.pause(true);
    world
        .until("it is evicted", || b.site().table().members().len() == 1)
        .await;
    a.pause(false);
    // It has what it had, and copies what it lacks before it is a holder again.
    let copies = || a.app.lived().moving == 1;
    world.until("it copies", copies).await;
    answered(a.site().fail(SLOT)).await.expect("answered");
    let busy = answered(a.site().fail(SLOT)).await;
    busy.expect("nothing is under way any more");
    assert_eq!(a.app.lived().released.get(&SLOT), Some(&1));
}

#[tokio::test(start_paused = true)]
async fn a_slot_that_fails_while_it_is_to_be_removed_is_acted_for_no_more() {
    let (world, a, b) = by_hand().await;
    assert_eq!(a.site().primaries(), [SLOT]);
    world.fake.hang(true);
    let site = a.site().clone();
    let removing = tokio::spawn(async move { site.request_remove(SLOT).await });
    sleep(TIMEOUT / 20).await;
    let site = a.site().clone();
    let failing = tokio::spawn(async move { site.fail(SLOT).await });
    let overtaken = answered(removing).await.expect("no panic");
    let overtaken = overtaken.expect_err("overtaken");
    assert!(matches!(overtaken, SiteError::Busy { .. }), "{overtaken}");
    assert!(a.site().grant(SLOT).is_none());
    world.fake.hang(false);
    answered(failing).await.expect("no panic").expect("failed");
    let takes_over = || b.site().primaries() == [SLOT];
    world.until("the other has taken over", takes_over).await;
}

#[tokio::test(start_paused = true)]
async fn a_failure_does_not_wait_for_what_was_asked_in_vain_before() {
    let (world, a, b) = by_hand().await;
    b.site().request_remove(SLOT).await.expect("answered");
    for _ in 0..12 {
        let kept = answered(a.site().request_remove(SLOT)).await;
        assert!(matches!(kept, Ok(Removal::Kept { .. })), "{kept:?}");
    }
    let gone = || b.app.lived().released.contains_key(&SLOT);
    world.until("the other has let it go", gone).await;
    answered(b.site().request_add(SLOT)).await.expect("added");
    let begun = Instant::now();
    answered(a.site().fail(SLOT)).await.expect("failed");
    let takes_over = || b.site().primaries() == [SLOT];
    world.until("the other has taken over", takes_over).await;
    assert!(begun.elapsed() < TIMEOUT / 10, "{:?}", begun.elapsed());
}
