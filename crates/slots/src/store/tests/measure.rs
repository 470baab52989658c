//! How long it takes; nothing is asserted.

use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use tokio::time::Instant;

use super::rig::{Rig, Site};
use crate::{Epoch, Slot, store::Coordinator};

/// How many calls are under way at a time.
const AT_ONCE: usize = 256;

async fn add_all(site: &Site, slots: u16) {
    let (id, session) = (site.id(), &site.session);
    let adding = |slot| async move {
        let (slot, score) = (Slot::new(slot), u64::from(slot));
        site.store
            .add(id, session, slot, score, Epoch::NONE, Epoch::NONE)
            .await
    };
    let adding = stream::iter(0..slots).map(adding).buffer_unordered(AT_ONCE);
    adding
        .try_for_each(|_| async { Ok(()) })
        .await
        .expect("added");
}

/// For how long Redis was busy with scripts.
async fn busy(rig: &Rig) -> Duration {
    let stats: String = rig.tell("INFO commandstats").await;
    let mut micros = stats.lines().filter_map(|line| {
        let (_, rest) = line.strip_prefix("cmdstat_evalsha:")?.split_once("usec=")?;
        rest.split(',').next()?.parse().ok()
    });
    Duration::from_micros(micros.next().unwrap_or_default())
}

#[tokio::test]
#[ignore = "it measures: run it alone, in release, with --nocapture"]
async fn times_of_adding_reading_and_evicting() {
    for slots in [1_024_u16, 16_384] {
        let rig = Rig::of(Rig::builder().slots(u32::from(slots))).await;
        let [a, b, c] = rig.sites(["site-a", "site-b", "site-c"]).await;
        for site in [&a, &b, &c] {
            let (begin, idle) = (Instant::now(), busy(&rig).await);
            add_all(site, slots).await;
            let each = begin.elapsed() / u32::from(slots);
            let busy = (busy(&rig).await - idle) / u32::from(slots);
            println!("{slots} added, each in {each:?}, of which Redis needs {busy:?}");
        }
        let begin = Instant::now();
        let snapshot = rig.snapshot().await;
        println!(
            "snapshot of {} slots x 3: {:?}",
            snapshot.slots.len(),
            begin.elapsed()
        );
        rig.silence(&a, 60_000).await;
        let begin = busy(&rig).await;
        b.beat().await.expect("heard");
        println!(
            "eviction of {slots} slots keeps Redis busy for {:?}",
            busy(&rig).await - begin
        );
        let begin = busy(&rig).await;
        for _ in 0..1_000 {
            b.beat().await.expect("heard");
        }
        println!("and a beat for {:?}", (busy(&rig).await - begin) / 1_000);
    }
}
