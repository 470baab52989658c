//! Leaving in order, whatever the application and its handles do.

use std::{
    pin::pin,
    task::{Context, Poll, Waker},
};

use tokio::time::{Duration, Instant, sleep, timeout};

use super::{
    app::{App, Mood},
    world::{TIMEOUT, World},
};
use crate::{Group, Member, Redis, Site, SiteError};

#[tokio::test(start_paused = true)]
async fn a_site_may_take_all_the_time_that_there_is() {
    let world = World::new();
    let (a, b) = (world.site("a").await, world.site("b").await);
    world.settled(&["a", "b"]).await;
    a.site().leave(Duration::MAX).await.expect("left");
    assert_eq!(b.site().primaries().len(), 8);
    world.check();
}

#[tokio::test(start_paused = true)]
async fn a_site_goes_on_leaving_when_nobody_waits_for_it() {
    let world = World::new();
    let (mut a, b) = (world.site("a").await, world.site("b").await);
    world.settled(&["a", "b"]).await;
    let site = a.site.take().expect("a site");
    let leaving = timeout(TIMEOUT / 1_000, site.leave(TIMEOUT * 100)).await;
    assert!(leaving.is_err(), "it takes longer than that");
    drop(site);
    let begun = Instant::now();
    let is_gone = || b.site().table().members().len() == 1;
    world.until("it has left", is_gone).await;
    assert!(begun.elapsed() < TIMEOUT / 2, "it was not evicted");
    assert_eq!(
        b.site().primaries().len(),
        8,
        "it gave everything away first"
    );
    world.check();
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_panics_at_the_end_keeps_no_site_from_leaving() {
    let world = World::of(Group::builder("g").slots(8).replicas(1));
    let (a, b) = (world.site("a").await, world.site("b").await);
    world.settled(&["a", "b"]).await;
    a.app.mood.send_replace(Mood::PanicsAtTheEnd);
    // There is nobody who could take over what it has.
    a.site().leave(Duration::ZERO).await.expect("left");
    sleep(TIMEOUT / 20).await;
    assert_eq!(
        b.site().table().members().len(),
        1,
        "nobody waits for its eviction"
    );
}

#[test]
fn no_site_joins_without_a_runtime() {
    let redis = Redis::at("redis://127.0.0.1:1").expect("a URL");
    let group = Group::builder("g").build().expect("a group");
    let member = Member::new("a", "http://10.0.0.1:7000").expect("a member");
    let joining = pin!(Site::builder(redis, group, member, App::default()).join());
    let joined = joining.poll(&mut Context::from_waker(Waker::noop()));
    let Poll::Ready(Err(error)) = joined else {
        panic!("{joined:?}");
    };
    assert!(matches!(error, SiteError::NoRuntime), "{error}");
}
