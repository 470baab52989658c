use std::collections::BTreeSet;

use futures_util::future::join_all;

use super::rig::{Rig, Site, next};
use crate::Epoch;

const WRITERS: usize = 32;
const ROUNDS: u16 = 20;

/// Takes and gives up every slot, over a connection of its own.
async fn write(rig: &Rig, mut site: Site, seed: u64) {
    site.store = Rig::store_at(&rig.server, &rig.group).await;
    for round in 0..ROUNDS {
        let slot = (round + seed as u16) % 16;
        site.add(slot, seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
            .await;
        site.hand_over(slot).await;
        site.beat().await.expect("heard");
        if round % 3 == 0 {
            site.remove(slot).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_follower_sees_every_number_once_and_in_order_under_32_writers() {
    let rig = Rig::start().await;
    let mut sites = Vec::new();
    for number in 0..WRITERS {
        sites.push(rig.joined(&format!("site-{number}")).await);
    }
    rig.end_hold().await;
    let mut notices = rig.notices().await;
    let before = rig.version().await;
    let writing = sites.into_iter().zip(1..);
    join_all(writing.map(|(site, seed)| write(&rig, site, seed))).await;
    let last = rig.version().await;
    assert!(last - before > (WRITERS as u64) * 16, "{before} to {last}");
    // Of each slot no epoch goes back, and none has two primaries.
    let (mut epochs, mut primaries) = ([Epoch::NONE; 16], BTreeSet::new());
    for version in before + 1..=last {
        let notice = next(&mut notices).await;
        assert_eq!(notice.version, version);
        for slot in notice.slots {
            let epoch = &mut epochs[usize::from(slot.slot.number())];
            assert!(slot.epoch >= *epoch, "{slot:?} after {epoch}");
            *epoch = slot.epoch;
            primaries.insert((slot.slot, slot.epoch, slot.primary));
        }
    }
    let changes: BTreeSet<_> = primaries
        .iter()
        .map(|(slot, epoch, _)| (slot, epoch))
        .collect();
    assert_eq!(changes.len(), primaries.len());
}
