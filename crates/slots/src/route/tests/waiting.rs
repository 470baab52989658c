//! Nobody is there to be sent to.

use std::time::Duration;

use http::{Method, StatusCode};
use http_body_util::BodyExt;
use tokio::time::{Instant, sleep, timeout};
use tower_muster::failover::{Budget, Error, Hedge, Reason};

use super::{
    Rig, SLOT, TIMEOUT, read, read_of_primary, request,
    rig::{Mood, settle, status},
    site, write,
};
use crate::{Slot, SlotKey};

#[tokio::test(start_paused = true)]
async fn a_call_waits_for_a_primary() {
    let rig = Rig::new();
    let calls = [rig.begin(write()), rig.begin(read())];
    sleep(TIMEOUT).await;
    assert_eq!(rig.sent(), Vec::<u8>::new());
    for group in [&rig.sites, &rig.client] {
        group.hold(SLOT, [site(3).id()]);
    }
    for call in calls {
        assert_eq!(status(&call.await.expect("no panic")), StatusCode::OK);
    }
    assert_eq!(rig.served(), [3, 3]);
}

#[tokio::test(start_paused = true)]
async fn a_deadline_that_passes_is_an_error_that_says_so() {
    let rig = Rig::new();
    for request in [write(), read()] {
        let begin = Instant::now();
        let Err(error) = rig.call(request).await else {
            panic!("nobody holds the slot");
        };
        let Error::Exhausted {
            reason: Reason::Deadline { after, .. },
            ..
        } = &error
        else {
            panic!("{error}");
        };
        assert_eq!(*after, 2 * TIMEOUT);
        assert!(error.is_safe_to_repeat(), "nothing was sent: {error}");
        assert!(begin.elapsed() >= 2 * TIMEOUT);
    }
    assert_eq!(rig.sent(), Vec::<u8>::new());
}

#[tokio::test(start_paused = true)]
async fn a_deadline_that_passes_with_a_silent_primary_says_that_it_may_have_been_carried_out() {
    let rig = Rig::new();
    for group in [&rig.sites, &rig.client] {
        group.hold(SLOT, [site(1).id()]);
    }
    rig.is(1, Mood::Silent);
    let error = rig.call(write()).await.expect_err("silence");
    assert!(!error.is_safe_to_repeat(), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_call_waits_for_the_cluster_to_hear_of_a_new_primary() {
    let rig = Rig::of(&[1]);
    for group in [&rig.sites, &rig.client] {
        group.hold(SLOT, [site(1).id()]);
    }
    rig.call(write()).await.expect("an answer");
    // In one moment it joins and is primary: the cluster has not had the time.
    for round in 2..20 {
        for group in [&rig.sites, &rig.client] {
            group.join(&site(round));
            group.hold(SLOT, [site(round).id()]);
        }
        assert_eq!(status(&rig.call(write()).await), StatusCode::OK);
        assert_eq!(status(&rig.call(read()).await), StatusCode::OK);
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_with_a_short_time_for_each_attempt_outlives_a_primary_that_stands_still() {
    let rig = Rig::with(|failover| failover.attempt_timeout(TIMEOUT / 4));
    for group in [&rig.sites, &rig.client] {
        group.hold(SLOT, [site(1).id(), site(2).id()]);
    }
    rig.is(1, Mood::Silent);
    let call = rig.begin(read_of_primary());
    sleep(TIMEOUT).await;
    let tried = rig.sent();
    assert!((2..10).contains(&tried.len()), "{tried:?}");
    // It waits for its turn for longer than an attempt may be silent.
    rig.is(1, Mood::Well);
    assert_eq!(status(&call.await.expect("no panic")), StatusCode::OK);
    assert_eq!(rig.served(), [1]);
}

#[tokio::test(start_paused = true)]
async fn who_gives_up_waiting_sends_nothing() {
    let rig = Rig::new();
    assert!(
        timeout(Duration::from_millis(10), rig.call(write()))
            .await
            .is_err()
    );
    for group in [&rig.sites, &rig.client] {
        group.hold(SLOT, [site(3).id()]);
    }
    settle().await;
    assert_eq!(rig.sent(), Vec::<u8>::new());
}

#[tokio::test(start_paused = true)]
async fn who_goes_to_see_and_gives_up_keeps_nobody_from_going() {
    let rig = Rig::new();
    for group in [&rig.sites, &rig.client] {
        group.hold(SLOT, [site(1).id()]);
    }
    rig.is(1, Mood::Dead);
    let first = rig.begin(write());
    sleep(TIMEOUT / 2).await;
    rig.is(1, Mood::Silent);
    // Those who are let through from now on hang, and are dropped.
    for _ in 0..20 {
        let _ = timeout(TIMEOUT / 16, rig.call(write())).await;
    }
    first.abort();
    rig.is(1, Mood::Well);
    let begin = Instant::now();
    assert_eq!(status(&rig.call(write()).await), StatusCode::OK);
    assert!(begin.elapsed() < TIMEOUT / 2, "{:?}", begin.elapsed());
}

#[tokio::test(start_paused = true)]
async fn before_the_table_is_ready_a_call_waits_for_it() {
    let table = crate::SlotTable::empty();
    let cluster = tower_muster::Cluster::discover(crate::SlotNodes::new(table.clone()));
    let wait = crate::WaitLayer::new(table.clone(), cluster);
    let mut service = tower::ServiceBuilder::new()
        .layer(wait)
        .service_fn(async |_| Ok::<_, tower_muster::AttemptError>(http::Response::new(())));
    let mut call = tokio_test::task::spawn(tower::Service::call(&mut service, write()));
    tokio_test::assert_pending!(call.poll());
    let record = crate::table::tests::record(SLOT, 1, &[1]);
    table.replace(&crate::table::tests::snapshot(1, &[1], vec![record]));
    call.await.expect("an answer");
}

#[tokio::test(start_paused = true)]
async fn a_slot_that_the_group_does_not_have_is_waited_for_by_nobody() {
    let rig = Rig::new();
    for key in [
        SlotKey::slot(Slot::new(16)),
        SlotKey::slot(Slot::new(60_000)).or_replica(),
    ] {
        let begin = Instant::now();
        let error = rig.call(request(Method::GET, key)).await;
        let error = error.expect_err("there are 16");
        assert!(error.is_safe_to_repeat(), "{error}");
        assert!(begin.elapsed() < TIMEOUT, "{:?}", begin.elapsed());
    }
    assert_eq!(rig.sent(), Vec::<u8>::new());
}

#[tokio::test(start_paused = true)]
async fn a_second_attempt_goes_on_when_the_first_at_the_same_primary_has_failed() {
    let hedge = Hedge::default().budget(Budget::new(1.0, 10.0).expect("a budget"));
    let rig = Rig::with(|failover| failover.hedge(hedge));
    // What is late is known of all, and at last of the first.
    for number in [3, 2, 1] {
        rig.is(number, Mood::Slow);
        for group in [&rig.sites, &rig.client] {
            group.hold(SLOT, [site(number).id()]);
        }
        for _ in 0..30 {
            let answer = rig.call(read_of_primary()).await.expect("an answer");
            answer.into_body().collect().await.expect("a body");
        }
    }
    rig.sent();
    rig.is(1, Mood::Fades);
    let call = rig.begin(read_of_primary());
    sleep(Duration::from_millis(50)).await;
    rig.is(1, Mood::Well);
    assert_eq!(status(&call.await.expect("no panic")), StatusCode::OK);
    assert_eq!(rig.sent(), [1, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_primary_that_is_silent_is_given_up_after_ten_seconds_unless_told_otherwise() {
    let rig = Rig::with(|failover| failover.deadline(20 * TIMEOUT));
    for group in [&rig.sites, &rig.client] {
        group.hold(SLOT, [site(1).id()]);
    }
    rig.is(1, Mood::Silent);
    let begin = Instant::now();
    let call = rig.begin(read_of_primary());
    sleep(Duration::from_millis(9_900)).await;
    assert_eq!(rig.sent(), [1]);
    rig.is(1, Mood::Well);
    assert_eq!(status(&call.await.expect("no panic")), StatusCode::OK);
    assert_eq!(rig.sent(), [1], "once more");
    assert!(begin.elapsed() < Duration::from_secs(10) + 2 * TIMEOUT);
}
