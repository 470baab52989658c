//! Pauses, partitions, lost answers, lost data: never two primaries.

use tokio::time::{Duration, Instant, sleep};

use super::world::{TIMEOUT, World};

#[tokio::test(start_paused = true)]
async fn a_site_that_was_stopped_for_three_timeouts_writes_nothing_under_its_old_epochs() {
    let world = World::new();
    let (_a, b, _c) = (
        world.site("a").await,
        world.site("b").await,
        world.site("c").await,
    );
    world.settled(&["a", "b", "c"]).await;
    sleep(TIMEOUT).await;
    let lived = || {
        let lived = b.app.lived();
        (lived.acquired.clone(), lived.released.clone())
    };
    let before = lived();
    for _ in 0..5 {
        assert!(!b.site().primaries().is_empty());
        b.pause(true);
        sleep(TIMEOUT * 3).await;
        b.pause(false);
        let woke = Instant::now();
        assert!(b.site().primaries().is_empty(), "its lease has ended");
        sleep(Duration::from_micros(1_500)).await;
        assert_eq!(
            world.writes("b", woke),
            0,
            "nothing before Redis has answered"
        );
        world.settled(&["a", "b", "c"]).await;
    }
    assert_eq!(lived(), before, "nothing had to be copied as a whole");
    let caught_up = b.app.lived().caught_up.clone();
    assert_eq!(
        caught_up.len(),
        before.0.len(),
        "what was written meanwhile is"
    );
    world.check();
}

#[tokio::test(start_paused = true)]
async fn a_site_that_cannot_reach_redis_stops_before_the_others_replace_it() {
    let world = World::new();
    let (a, b) = (world.site("a").await, world.site("b").await);
    world.settled(&["a", "b"]).await;
    b.cut(true);
    let cut = Instant::now();
    world
        .until("b stops", || b.site().primaries().is_empty())
        .await;
    let stopped = cut.elapsed();
    assert!(stopped <= world.group.lease() + TIMEOUT / 80, "{stopped:?}");
    assert!(
        stopped > world.group.lease() / 2,
        "it acts as long as it may"
    );
    assert!(!b.site().held().is_empty(), "what it holds it keeps");
    world
        .until("a takes over", || a.site().primaries().len() == 8)
        .await;
    b.cut(false);
    world.settled(&["a", "b"]).await;
    world.check();
}

#[tokio::test(start_paused = true)]
async fn redis_hangs_for_less_than_a_lease_and_nobody_notices() {
    let world = World::new();
    let (a, b) = (world.site("a").await, world.site("b").await);
    world.settled(&["a", "b"]).await;
    let before = world.writers();
    let epochs = |slots: Vec<_>| {
        slots
            .into_iter()
            .map(|slot| a.site().grant(slot))
            .collect::<Vec<_>>()
    };
    let grants = epochs(a.site().primaries());
    for _ in 0..20 {
        world.fake.hang(true);
        sleep(TIMEOUT / 2).await;
        assert_eq!(world.writers(), before);
        world.fake.hang(false);
        sleep(TIMEOUT).await;
    }
    assert_eq!(epochs(a.site().primaries()), grants);
    assert!(b.site().is_live());
    world.check();
}

#[tokio::test(start_paused = true)]
async fn redis_away_with_its_data_stops_all_and_the_same_epochs_go_on_afterwards() {
    let world = World::new();
    let (a, b) = (world.site("a").await, world.site("b").await);
    world.settled(&["a", "b"]).await;
    let grants = || {
        let of = |site: &crate::Site| {
            site.primaries()
                .into_iter()
                .map(|slot| site.grant(slot))
                .collect::<Vec<_>>()
        };
        (of(a.site()), of(b.site()))
    };
    let before = grants();
    world.fake.hang(true);
    sleep(TIMEOUT * 4).await;
    assert!(world.writers().is_empty(), "nobody acts");
    world.fake.hang(false);
    world.settled(&["a", "b"]).await;
    assert_eq!(
        grants(),
        before,
        "nobody was evicted, and nothing has changed"
    );
    world.check();
}

#[tokio::test(start_paused = true)]
async fn answers_that_are_lost_after_the_script_was_run_leave_one_primary() {
    let world = World::new();
    let (a, b) = (world.site("a").await, world.site("b").await);
    world.settled(&["a", "b"]).await;
    for _ in 0..10 {
        // All of b's calls are carried out, and it learns of none; c makes roles move meanwhile.
        b.lose_answers(true);
        let c = world.site("c").await;
        sleep(TIMEOUT / 4).await;
        b.lose_answers(false);
        world.settled(&["a", "b", "c"]).await;
        c.site().leave(TIMEOUT * 20).await.expect("left");
        world.settled(&["a", "b"]).await;
    }
    assert!(a.site().is_live());
    world.check();
}

#[tokio::test(start_paused = true)]
async fn data_that_is_lost_holds_primaries_back_and_nothing_is_copied_again() {
    let world = World::new();
    let (a, b) = (world.site("a").await, world.site("b").await);
    world.settled(&["a", "b"]).await;
    for _ in 0..3 {
        world.fake.lose_data();
        world.settled(&["a", "b"]).await;
    }
    for actor in [&a, &b] {
        let lived = actor.app.lived();
        assert!(
            lived.acquired.values().all(|times| *times == 1),
            "{:?}",
            lived.acquired
        );
        assert!(lived.released.is_empty(), "{:?}", lived.released);
    }
    world.check();
}

#[tokio::test(start_paused = true)]
async fn a_site_cut_off_while_data_is_lost_has_stopped_before_another_is_primary() {
    let world = World::new();
    let (_a, b) = (world.site("a").await, world.site("b").await);
    world.settled(&["a", "b"]).await;
    b.cut(true);
    world.fake.lose_data();
    world.settled(&["a"]).await;
    b.cut(false);
    world.settled(&["a", "b"]).await;
    world.check();
}

#[tokio::test(start_paused = true)]
async fn data_that_goes_back_is_noticed_and_mended() {
    let world = World::new();
    let (a, b) = (world.site("a").await, world.site("b").await);
    world.settled(&["a", "b"]).await;
    for round in 0..5 {
        world.fake.save();
        let slot = *a.site().primaries().first().expect("one");
        a.site().fail(slot).await.expect("failed over");
        sleep(Duration::from_millis(20 * round)).await;
        world.fake.go_back();
        sleep(TIMEOUT).await;
        world.settled(&["a", "b"]).await;
    }
    assert!(b.site().is_live());
    world.check();
}

#[tokio::test(start_paused = true)]
async fn notices_that_are_lost_are_made_up_for() {
    let world = World::new();
    let (a, b) = (world.site("a").await, world.site("b").await);
    world.settled(&["a", "b"]).await;
    for _ in 0..5 {
        world.fake.disconnect();
        let c = world.site("c").await;
        world.fake.disconnect();
        world.settled(&["a", "b", "c"]).await;
        world.fake.disconnect();
        c.crash();
        world.settled(&["a", "b"]).await;
    }
    assert!(a.site().is_live() && b.site().is_live());
    world.check();
}

#[tokio::test(start_paused = true)]
async fn in_a_storm_of_faults_writes_are_made_by_one_site_at_a_time_under_epochs_that_grow() {
    for seed in 0..6 {
        let mut chance = fastrand::Rng::with_seed(seed);
        let world = World::of(crate::Group::builder("g").slots(6).replicas(2));
        let sites = [
            world.site("a").await,
            world.site("b").await,
            world.site("c").await,
        ];
        world.settled(&["a", "b", "c"]).await;
        for _ in 0..60 {
            let site = &sites[chance.usize(..3)];
            match chance.u8(..9) {
                0 | 1 => site.pause(chance.bool()),
                2 => site.cut(chance.bool()),
                3 => site.lose_answers(chance.bool()),
                4 => world.fake.hang(chance.bool()),
                5 if chance.u8(..3) == 0 => world.fake.lose_data(),
                6 => world.fake.disconnect(),
                7 => {
                    let site = site.site().clone();
                    let slot = crate::Slot::new(chance.u16(..6));
                    tokio::spawn(async move { site.fail(slot).await });
                }
                _ => {}
            }
            sleep(TIMEOUT.mul_f64(chance.f64() * 1.5)).await;
        }
        world.fake.hang(false);
        for site in &sites {
            site.pause(false);
            site.cut(false);
            site.lose_answers(false);
        }
        world.settled(&["a", "b", "c"]).await;
        world.check();
    }
}
