//! All subjects at one size of the cluster, by turns.

use std::time::Duration;

use serde::Serialize;
use tower_muster::BoxError;

use super::{
    measure::{BATCHES, Cell, Measured},
    muster,
    publish::Published,
    subject::Part,
    tower_balance,
};
use crate::time;

/// How many nodes there are.
pub(super) const SIZES: [usize; 4] = [10, 100, 1_000, 10_000];

/// How many rounds are not counted: they fill the caches, and teach the nodes' live state by traffic.
pub(super) const WARM_ROUNDS: usize = 3;

/// How long one size may take, on a machine that is not idle; a few batches are measured all the same.
const TIME: Duration = Duration::from_secs(12);
const FEW: usize = 8;

/// What was measured at one size.
#[derive(Debug, Serialize)]
pub(super) struct Size {
    pub(super) nodes: usize,
    /// Lists that were published meanwhile, and how many of them in a second.
    snapshots: u64,
    snapshots_per_second: f64,
    /// How much of a core it took to find and publish them.
    publishing_cores: f64,
    pub(super) rows: Vec<Measured>,
}

impl Size {
    pub(super) fn measure(nodes: usize, threads: usize) -> Result<Self, BoxError> {
        let published = Published::start(nodes)?;
        let ours = muster::subjects(&published.cluster)?;
        let peers = tower_balance::subjects(nodes, published.beat());
        let mut cells: Vec<_> = ours
            .iter()
            .chain(&peers)
            .flat_map(|subject| [1, threads].map(|threads| Cell::new(&**subject, threads)))
            .collect();
        let (version, busy, begun) = (published.version(), published.busy(), time::now());
        for round in 0..WARM_ROUNDS + BATCHES {
            if round >= WARM_ROUNDS + FEW && time::now() - begun > TIME {
                break;
            }
            for cell in &mut cells {
                cell.batch(round >= WARM_ROUNDS)?;
            }
        }
        let elapsed = (time::now() - begun).as_secs_f64();
        let snapshots = published.version() - version;
        Ok(Self {
            nodes,
            snapshots,
            snapshots_per_second: snapshots as f64 / elapsed,
            publishing_cores: (published.busy() - busy).as_secs_f64() / elapsed,
            rows: cells.into_iter().filter_map(Cell::measured).collect(),
        })
    }

    /// The median, in nanoseconds.
    pub(super) fn median(&self, subject: &str, part: Part, threads: usize) -> Option<f64> {
        self.rows
            .iter()
            .find(|row| (row.subject, row.part, row.threads) == (subject, part, threads))
            .map(|row| row.ns.median)
    }
}
