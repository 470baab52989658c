//! A write that takes a lightweight transaction, at one partition or at several.
//!
//! A batch of several collides as a whole: a real one could be applied in part.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;

use super::Connection;
use super::execute::run_in_engine;
use crate::api_error::{ApiError, cluster};
use crate::engine::Operation;
use crate::lwt::{Partition, Turn};
use crate::node::count;

/// Runs a write when it is its turn at all of its partitions.
pub(super) async fn transact(
    connection: &Arc<Connection>,
    name: &str,
    partitions: BTreeSet<Partition>,
    operation: Operation,
) -> Result<Bytes, ApiError> {
    let shared = connection.shared();
    let rules = shared.conflict_rules;
    let table = partitions.first().map(|(table, _)| table.clone());
    let mut turns = Vec::with_capacity(partitions.len());
    // In one order for all, so that no two wait for each other.
    for partition in partitions {
        turns.push(shared.partitions.enter(partition, connection.index).await);
    }
    let contended = turns.iter().any(|turn| turn.contended);
    if contended && fastrand::f64() < rules.probability {
        count(&connection.node().counters.conflicts);
        turns.iter_mut().for_each(Turn::give_up);
        if rules.executed {
            // What it says is what the client must not know.
            let _ = run_in_engine(connection, name, operation).await;
        }
        return Err(cluster::uncertain(&table.unwrap_or_default(), &ballot()));
    }
    let answer = run_in_engine(connection, name, operation).await;
    tokio::time::sleep(rules.hold).await;
    drop(turns);
    answer
}

/// A ballot is a UUID by time, version 1.
fn ballot() -> String {
    let (time, node) = (fastrand::u64(..), fastrand::u64(..) >> 16);
    format!(
        "{:08x}-{:04x}-1{:03x}-8{:03x}-{node:012x}",
        time as u32,
        (time >> 32) as u16,
        (time >> 48) & 0xfff,
        fastrand::u16(..) & 0xfff
    )
}
