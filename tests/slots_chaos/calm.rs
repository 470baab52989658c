//! What holds when nothing has gone wrong for a while.

use std::sync::Arc;

use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};
use tower_muster_slots::{Epoch, Slot, SlotTable};
use tower_muster_tests::Result;

use super::{PATIENCE, REPLICAS, SLOTS, TIMEOUT, clients::Writer, log::Journal, world::World};

/// Waits until the group is whole again: every slot has a primary and its replicas, everybody agrees on it, no epoch
/// has gone back, and a write to each slot succeeds.
pub(crate) async fn calm(
    world: &mut World,
    tables: &[SlotTable],
    journal: &Arc<Journal>,
) -> Result {
    world.settle().await?;
    let mut tables = tables.to_vec();
    tables.push(world.follow()?);
    let end = Instant::now() + PATIENCE;
    while let Err(what) = is_whole(&tables, &world.names(), journal) {
        if Instant::now() > end {
            return Err(format!("not whole: {what}").into());
        }
        sleep(TIMEOUT / 20).await;
        // A site that heard late that it was to freeze does so only now.
        world.settle().await?;
    }
    let writer = Writer::new(world.follow()?, journal, PATIENCE)?;
    let mut writes = JoinSet::new();
    for slot in 0..SLOTS {
        let writer = writer.clone();
        writes.spawn(async move { writer.write(slot).await });
    }
    while let Some(written) = writes.join_next().await {
        written?.map_err(|error| format!("a write in a calm time: {error}"))?;
    }
    Ok(())
}

/// Whether all tables, the last of which is new, are of one whole group.
fn is_whole(tables: &[SlotTable], names: &[String], journal: &Journal) -> Result<(), String> {
    let highest: Vec<u64> = (0..SLOTS).map(|slot| journal.highest(slot)).collect();
    for (number, table) in tables.iter().enumerate() {
        let members = table.members();
        let members = members.iter().filter_map(|member| member.node().rack());
        let members: Vec<_> = members.collect();
        if members != names {
            return Err(format!("table {number} has {members:?}, of {names:?}"));
        }
        for slot in 0..SLOTS {
            let route = table.route(Slot::new(slot));
            let is_held = route.primary().is_some() && route.holders().count() == REPLICAS;
            let first = tables[0].route(Slot::new(slot));
            let agrees = route.epoch() == first.epoch()
                && route.primary() == first.primary()
                && route.epoch() >= Epoch::new(highest[usize::from(slot)]);
            if !is_held || !agrees {
                let highest = highest[usize::from(slot)];
                return Err(format!(
                    "table {number} has {route:?}, the first {first:?}, highest {highest}"
                ));
            }
        }
    }
    Ok(())
}
