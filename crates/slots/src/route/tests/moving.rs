//! A slot moves while requests are made.

use http::{Method, StatusCode};
use tokio::time::{Instant, sleep};
use tower_muster::failover::{Answer, Error};

use super::{
    Rig, SLOT, TIMEOUT, read, request,
    rig::{Mood, status},
    site, write,
};
use crate::{Epoch, Slot, SlotKey};

#[tokio::test(start_paused = true)]
async fn a_stale_table_costs_one_refusal_and_updates_one_slot() {
    let rig = Rig::new();
    for slot in (0..16).map(Slot::new) {
        rig.client.hold(slot, [site(1).id(), site(2).id()]);
        rig.sites.hold(slot, [site(1).id(), site(2).id()]);
        rig.sites.hold(slot, [site(2).id(), site(1).id()]);
    }
    let version = rig.table().version();
    assert_eq!(status(&rig.call(write()).await), StatusCode::OK);
    assert_eq!((rig.sent(), rig.served()), (vec![1, 2], vec![2]));
    let moved = (0..16)
        .map(Slot::new)
        .filter(|slot| rig.table().epoch(*slot) == Epoch::new(2));
    assert_eq!(
        moved.collect::<Vec<_>>(),
        [SLOT],
        "the others are as they were"
    );
    assert_eq!(rig.table().version(), version, "nothing was read anew");
    rig.call(write()).await.expect("an answer");
    assert_eq!(rig.sent(), [2], "it is learned");
}

#[tokio::test(start_paused = true)]
async fn a_secondary_never_serves_what_is_for_the_primary() {
    let rig = Rig::new();
    rig.client.hold(SLOT, [site(1).id(), site(2).id()]);
    rig.sites.hold(SLOT, [site(1).id(), site(2).id()]);
    rig.sites.hold(SLOT, [site(3).id(), site(1).id()]);
    rig.call(request(Method::GET, SlotKey::slot(SLOT)))
        .await
        .expect("an answer");
    assert_eq!(rig.served(), [3]);
}

#[tokio::test(start_paused = true)]
async fn a_call_outlives_its_primary() {
    let rig = Rig::new();
    for group in [&rig.sites, &rig.client] {
        group.hold(SLOT, [site(1).id(), site(2).id()]);
    }
    rig.is(1, Mood::Dead);
    let calls: Vec<_> = (0..20).map(|_| rig.begin(write())).collect();
    sleep(TIMEOUT).await;
    for group in [&rig.sites, &rig.client] {
        group.leave(site(1).id());
    }
    let moved = Instant::now();
    for call in calls {
        assert_eq!(status(&call.await.expect("no panic")), StatusCode::OK);
    }
    assert!(
        moved.elapsed() < TIMEOUT / 10,
        "as soon as the table says so: {:?}",
        moved.elapsed()
    );
    assert_eq!(rig.served(), [2; 20]);
    let tried = rig.sent().into_iter().filter(|site| *site == 1).count();
    assert!(
        tried <= 20 + 20,
        "one attempt each, and few to see whether it is back: {tried}"
    );
}

#[tokio::test(start_paused = true)]
async fn calls_that_come_while_the_primary_is_dead_wait_without_an_attempt() {
    let rig = Rig::new();
    for group in [&rig.sites, &rig.client] {
        group.hold(SLOT, [site(1).id(), site(2).id()]);
    }
    rig.is(1, Mood::Dead);
    let first = rig.begin(write());
    sleep(TIMEOUT / 500).await;
    rig.sent();
    let calls: Vec<_> = (0..1_000).map(|_| rig.begin(write())).collect();
    sleep(TIMEOUT).await;
    let tried = rig.sent().len();
    assert!(
        tried < 40,
        "{tried} attempts at a dead site for 1,000 calls"
    );
    for group in [&rig.sites, &rig.client] {
        group.leave(site(1).id());
    }
    for call in calls.into_iter().chain([first]) {
        assert_eq!(status(&call.await.expect("no panic")), StatusCode::OK);
    }
}

#[tokio::test(start_paused = true)]
async fn a_primary_that_comes_back_under_the_same_epoch_is_found() {
    let rig = Rig::new();
    for group in [&rig.sites, &rig.client] {
        group.hold(SLOT, [site(1).id()]);
    }
    rig.is(1, Mood::Dead);
    let calls: Vec<_> = (0..20).map(|_| rig.begin(write())).collect();
    sleep(TIMEOUT / 2).await;
    rig.is(1, Mood::Well);
    for call in calls {
        assert_eq!(status(&call.await.expect("no panic")), StatusCode::OK);
    }
    let begin = Instant::now();
    rig.call(write()).await.expect("an answer");
    assert!(begin.elapsed() < TIMEOUT / 100, "nobody doubts it any more");
}

#[tokio::test(start_paused = true)]
async fn a_primary_that_has_not_heard_of_its_role_yet_is_asked_again_soon() {
    let rig = Rig::new();
    rig.sites.hold(SLOT, [site(1).id(), site(2).id()]);
    rig.client.hold(SLOT, [site(1).id(), site(2).id()]);
    rig.client.hold(SLOT, [site(2).id(), site(1).id()]);
    let begin = Instant::now();
    let call = rig.begin(write());
    sleep(TIMEOUT / 1_000).await;
    rig.sites.hold(SLOT, [site(2).id(), site(1).id()]);
    assert_eq!(status(&call.await.expect("no panic")), StatusCode::OK);
    assert!(begin.elapsed() <= TIMEOUT / 10, "{:?}", begin.elapsed());
    assert_eq!(rig.served(), [2]);
}

#[tokio::test(start_paused = true)]
async fn who_has_waited_long_for_a_dead_primary_does_not_wait_long_for_the_next_one() {
    let rig = Rig::new();
    for group in [&rig.sites, &rig.client] {
        group.hold(SLOT, [site(1).id(), site(2).id()]);
    }
    rig.is(1, Mood::Dead);
    let call = rig.begin(write());
    sleep(TIMEOUT * 9 / 10).await;
    assert!(rig.sent().len() > 2, "it came back more than once");
    let begin = Instant::now();
    // The client hears of the new primary before that one does.
    rig.client.hold(SLOT, [site(2).id()]);
    sleep(TIMEOUT / 1_000).await;
    assert_eq!(rig.sent(), [2]);
    rig.sites.hold(SLOT, [site(2).id()]);
    assert_eq!(status(&call.await.expect("no panic")), StatusCode::OK);
    assert!(begin.elapsed() <= TIMEOUT / 10, "{:?}", begin.elapsed());
}

#[tokio::test(start_paused = true)]
async fn who_was_refused_goes_on_when_another_request_is_served() {
    let rig = Rig::new();
    rig.sites.hold(SLOT, [site(1).id(), site(2).id()]);
    rig.client.hold(SLOT, [site(2).id(), site(1).id()]);
    // Refused, again and again, until it waits long.
    let call = rig.begin(write());
    sleep(TIMEOUT * 7 / 10).await;
    assert!(rig.sent().len() > 2);
    rig.sites.hold(SLOT, [site(2).id(), site(1).id()]);
    let begin = Instant::now();
    rig.call(write()).await.expect("an answer");
    let served = begin.elapsed();
    assert_eq!(status(&call.await.expect("no panic")), StatusCode::OK);
    assert!(
        begin.elapsed() <= served + TIMEOUT / 100,
        "{:?}",
        begin.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn what_may_have_been_carried_out_is_not_repeated() {
    let rig = Rig::new();
    for group in [&rig.sites, &rig.client] {
        group.hold(SLOT, [site(1).id(), site(2).id()]);
    }
    rig.is(1, Mood::Breaks);
    let Err(Error::Exhausted {
        safe_to_repeat,
        tried,
        ..
    }) = rig.call(write()).await
    else {
        panic!("it ended with its only attempt");
    };
    assert!(!safe_to_repeat && tried.len() == 1);
    assert!(matches!(tried[0].answer(), Answer::Error(_)));
    assert_eq!(rig.served(), [1]);
    // What is repeatable goes on, and to the next holder if that may serve it.
    assert_eq!(status(&rig.call(read()).await), StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn a_grant_that_returns_to_the_same_site_is_tried_again() {
    let rig = Rig::new();
    let hold = |number: u8| {
        for group in [&rig.sites, &rig.client] {
            group.hold(SLOT, [site(number).id()]);
        }
    };
    hold(1);
    rig.is(1, Mood::Dead);
    let call = rig.begin(write());
    sleep(TIMEOUT / 1_000).await;
    rig.is(2, Mood::Dead);
    hold(2);
    sleep(TIMEOUT / 1_000).await;
    rig.is(1, Mood::Well);
    hold(1);
    assert_eq!(status(&call.await.expect("no panic")), StatusCode::OK);
    assert_eq!(rig.served(), [1]);
}

#[tokio::test(start_paused = true)]
async fn a_busy_primary_is_asked_again_and_nobody_else() {
    let rig = Rig::new();
    for group in [&rig.sites, &rig.client] {
        group.hold(SLOT, [site(1).id(), site(2).id()]);
    }
    rig.is(1, Mood::Busy);
    let call = rig.begin(write());
    sleep(TIMEOUT / 10).await;
    rig.is(1, Mood::Well);
    assert_eq!(status(&call.await.expect("no panic")), StatusCode::OK);
    assert!(rig.sent().iter().all(|site| *site == 1));
}
