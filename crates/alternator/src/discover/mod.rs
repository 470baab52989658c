//! Where lists of nodes come from.
//!
//! | source | knows | asks |
//! |---|---|---|
//! | [`LocalNodes`] | who is alive, by datacenter and rack since Scylla 2025.1 | `GET /localnodes`, of anybody |
//! | [`SystemTables`] | every member with its datacenter and rack, since 4.1, dead or alive | two signed `Scan`s |
//!
//! Both begin at seeds, and go on with the nodes that were found. A seed that is a name stands for all of its
//! addresses. A source that is neither of these is any
//! [`Discover`](tower_muster::Discover), given to [`Cluster::discover`](tower_muster::Cluster::discover).

mod local_nodes;
mod seeds;
mod staggered;
mod system_tables;
mod wanted;

use std::{error::Error, time::Duration};

pub(crate) use self::local_nodes::Heeding;
#[cfg(test)]
pub(crate) use self::local_nodes::NOWHERE;
#[cfg(any(test, fuzzing))]
pub(crate) use self::local_nodes::fuzz_list;
pub use self::{
    local_nodes::{LocalNodes, LocalNodesError},
    seeds::SeedError,
    system_tables::{SystemTables, SystemTablesError},
};

/// How long one node may take to answer one question; ScyllaDB's Java client allows a connection as long.
const ONE_NODE: Duration = Duration::from_secs(3);
/// How long all of the asking may take; the same client's limit for one cycle.
const ALL_NODES: Duration = Duration::from_secs(30);
/// How many of the known nodes are asked before the seeds are.
const MOST_ASKED: usize = 8;

/// What an error comes down to, for a line that tells of several.
fn root<'a>(error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    let mut root = error;
    while let Some(source) = root.source() {
        root = source;
    }
    root
}
