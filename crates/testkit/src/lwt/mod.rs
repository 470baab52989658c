//! Lightweight transactions: what a conditional write costs, and when two collide.
//!
//! A coordinator takes a lock per partition for the whole of such a write
//! (`paxos_state::get_cas_lock`), so the writes that come through one node queue.
//! Those that come through two nodes at once collide, and one of them is told that
//! nobody knows what became of it (scylladb issue 16261).

mod expression;
mod isolation;
mod rmw;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{Mutex as Lane, OwnedMutexGuard};

pub use isolation::{UnknownWriteIsolation, WriteIsolation};
pub(crate) use rmw::is_read_modify_write;

use crate::sync::lock;

/// What happens to a write that comes while another node has one to its partition.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    /// How often two such writes collide, 0 to 1.
    pub(crate) probability: f64,
    /// How long a write holds its partition after the engine has run it.
    pub(crate) hold: Duration,
    /// Whether the write that is told of uncertainty was executed.
    pub(crate) executed: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            probability: 1.0,
            hold: Duration::from_millis(1),
            executed: false,
        }
    }
}

/// A table's name and the JSON of a hash key's value.
pub(crate) type Partition = (String, String);

/// Which nodes have such a write in flight, by partition.
#[derive(Debug, Default)]
pub(crate) struct Partitions {
    coordinators: Mutex<HashMap<Partition, Vec<Coordinator>>>,
}

/// One node's writes to one partition.
#[derive(Debug)]
struct Coordinator {
    node: usize,
    /// The node's own writes queue here.
    lane: Arc<Lane<()>>,
    /// Those that queue or run; the entry goes with the last.
    users: usize,
    running: bool,
}

/// A write's turn at its partition, until it is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    place: Place,
    _lane: OwnedMutexGuard<()>,
    /// Another node had a write to the partition in flight when this one began.
    pub(crate) contended: bool,
}

/// A write's entry in the table, also while it queues.
#[derive(Debug)]
struct Place {
    partitions: Arc<Partitions>,
    partition: Partition,
    node: usize,
    runs: bool,
}

impl Partitions {
    /// Waits for the node's earlier writes to the partition, then looks at the others'.
    pub(crate) async fn enter(self: &Arc<Self>, partition: Partition, node: usize) -> Turn {
        let lane = self.queue(&partition, node);
        let mut place = Place {
            partitions: Arc::clone(self),
            partition,
            node,
            runs: false,
        };
        let lane = lane.lock_owned().await;
        let contended = place.begin();
        Turn {
            place,
            _lane: lane,
            contended,
        }
    }

    fn queue(&self, partition: &Partition, node: usize) -> Arc<Lane<()>> {
        let mut all = lock(&self.coordinators);
        let here = all.entry(partition.clone()).or_default();
        if let Some(own) = here.iter_mut().find(|other| other.node == node) {
            own.users += 1;
            return Arc::clone(&own.lane);
        }
        let lane = Arc::new(Lane::default());
        here.push(Coordinator {
            node,
            lane: Arc::clone(&lane),
            users: 1,
            running: false,
        });
        lane
    }
}

impl Turn {
    /// Leaves the partition to the others; the write does not count as in flight.
    pub(crate) fn give_up(&mut self) {
        self.place.stop();
    }
}

impl Place {
    /// Counts as in flight from now on; true if another node has one in flight too.
    fn begin(&mut self) -> bool {
        let mut all = lock(&self.partitions.coordinators);
        let Some(here) = all.get_mut(&self.partition) else {
            return false;
        };
        let others = here
            .iter()
            .any(|other| other.node != self.node && other.running);
        if let Some(own) = here.iter_mut().find(|other| other.node == self.node) {
            own.running = true;
        }
        self.runs = true;
        others
    }

    fn stop(&mut self) {
        if !std::mem::take(&mut self.runs) {
            return;
        }
        let mut all = lock(&self.partitions.coordinators);
        let here = all.get_mut(&self.partition);
        let own = here.and_then(|here| here.iter_mut().find(|other| other.node == self.node));
        if let Some(own) = own {
            own.running = false;
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.stop();
        let mut all = lock(&self.partitions.coordinators);
        let Some(here) = all.get_mut(&self.partition) else {
            return;
        };
        if let Some(own) = here.iter_mut().find(|other| other.node == self.node) {
            own.users -= 1;
        }
        here.retain(|other| other.users > 0);
        if here.is_empty() {
            all.remove(&self.partition);
        }
    }
}

#[cfg(test)]
mod tests;
