//! Who is asked.

use http::{Method, StatusCode};
use tower_muster::{
    Cluster, NoNode,
    policy::{PowerOfTwo, Route},
};

use super::{
    Rig, SLOT, read, request,
    rig::{Mood, status},
    site, write,
};
use crate::{SlotKey, SlotPolicy};

#[tokio::test(start_paused = true)]
async fn a_write_goes_to_the_slots_primary() {
    let rig = Rig::new();
    for primary in [1, 2, 3, 1] {
        for group in [&rig.sites, &rig.client] {
            group.hold(
                SLOT,
                [1, 2, 3]
                    .map(|n| site((primary + n - 2) % 3 + 1))
                    .each_ref()
                    .map(|s| s.id()),
            );
        }
        assert_eq!(status(&rig.call(write()).await), StatusCode::OK);
        assert_eq!(rig.sent(), [primary]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_read_that_allows_it_goes_to_the_nearest_holder() {
    let rig = Rig::new();
    for group in [&rig.sites, &rig.client] {
        group.hold(SLOT, [site(1).id(), site(2).id()]);
    }
    for _ in 0..20 {
        assert_eq!(status(&rig.call(read()).await), StatusCode::OK);
    }
    assert_eq!(rig.served(), [2; 20], "the one in rack 2");
    rig.is(2, Mood::Dead);
    assert_eq!(status(&rig.call(read()).await), StatusCode::OK);
    assert_eq!(
        rig.served(),
        [1],
        "the next holder, and never a site that does not hold it"
    );
}

#[tokio::test(start_paused = true)]
async fn a_read_that_does_not_say_so_goes_to_the_primary() {
    let rig = Rig::new();
    for group in [&rig.sites, &rig.client] {
        group.hold(SLOT, [site(1).id(), site(2).id()]);
    }
    for _ in 0..20 {
        rig.call(request(Method::GET, SlotKey::slot(SLOT)))
            .await
            .expect("an answer");
    }
    assert_eq!(rig.served(), [1; 20]);
}

#[tokio::test(start_paused = true)]
async fn a_request_without_a_key_goes_to_any_member() {
    let rig = Rig::new();
    let mut request = write();
    request.extensions_mut().clear();
    assert_eq!(status(&rig.call(request).await), StatusCode::OK);
    assert_eq!(rig.served(), [2], "the nearest");
}

#[tokio::test]
async fn nothing_is_sent_to_a_site_that_is_no_member() {
    let rig = Rig::new();
    // This cluster still has all three.
    let nodes = [1, 2, 3].map(|number| site(number).node().clone());
    let cluster = Cluster::fixed(nodes).expect("nodes");
    let policy = SlotPolicy::new(rig.table(), PowerOfTwo::latency_aware());
    rig.client.hold(SLOT, [site(1).id(), site(2).id()]);
    rig.client.leave(site(2).id());
    rig.client.leave(site(3).id());
    let pick = |request| cluster.pick(&policy, &Route::of(&request));
    for _ in 0..50 {
        let mut keyless = write();
        keyless.extensions_mut().clear();
        for request in [write(), read(), keyless] {
            let lease = pick(request).expect("the one member");
            assert_eq!(**lease.node(), *site(1).node());
        }
    }
    rig.client.leave(site(1).id());
    for request in [write(), read()] {
        assert!(matches!(pick(request), Err(NoNode::Declined)));
    }
}

#[tokio::test]
async fn a_primary_that_looks_dead_is_still_the_one_to_ask() {
    let rig = Rig::new();
    let nodes = [1, 2, 3].map(|number| site(number).node().clone());
    let cluster = Cluster::fixed(nodes).expect("nodes");
    let policy = SlotPolicy::new(rig.table(), PowerOfTwo::latency_aware());
    rig.client.hold(SLOT, [site(1).id(), site(2).id()]);
    for _ in 0..50 {
        let mut lease = cluster
            .pick(&policy, &Route::of(&write()))
            .expect("the primary");
        assert_eq!(**lease.node(), *site(1).node());
        lease.learn(tower_muster::Outcome::REFUSED);
    }
}
