//! Where nodes stand, by their origins.

use std::{ops::Range, sync::Arc};

use crate::{node::Node, origin::Origin};

/// The places of a topology in the order of its nodes' origins: of all, and of each datacenter.
#[derive(Debug, Clone, Default)]
pub(super) struct ByOrigin {
    all: Box<[u32]>,
    /// The same, datacenter by datacenter; empty if there is one.
    by_datacenter: Box<[u32]>,
}

impl ByOrigin {
    /// Of `nodes` in the topology's order, each with its rank among all origins.
    pub(super) fn of(ranked: &[(u32, Arc<Node>)]) -> Self {
        let mut all = vec![0; ranked.len()];
        for (place, (rank, _)) in (0..).zip(ranked) {
            all[*rank as usize] = place;
        }
        let mut by_datacenter = Vec::new();
        let is_same =
            |a: &(u32, Arc<Node>), b: &(u32, Arc<Node>)| a.1.datacenter() == b.1.datacenter();
        if ranked.chunk_by(is_same).nth(1).is_some() {
            for datacenter in ranked.chunk_by(is_same) {
                let mut ranks: Vec<_> = datacenter.iter().map(|(rank, _)| *rank).collect();
                ranks.sort_unstable();
                by_datacenter.extend(ranks.into_iter().map(|rank| all[rank as usize]));
            }
        }
        Self {
            all: all.into(),
            by_datacenter: by_datacenter.into(),
        }
    }

    /// Where the node with an origin stands in `nodes`, if it is there.
    pub(super) fn find(&self, origin: &Origin, nodes: &[Arc<Node>]) -> Option<usize> {
        let by_origin = |place: &u32| nodes[*place as usize].origin().cmp(origin);
        let found = self.all.binary_search_by(by_origin).ok()?;
        Some(self.all[found] as usize)
    }

    /// The places of a run of whole racks, if that is all nodes, or those of one datacenter.
    ///
    /// A single rack stands in the order of its origins itself.
    pub(super) fn run(&self, run: Range<usize>) -> &[u32] {
        if run.len() == self.all.len() {
            return &self.all;
        }
        self.by_datacenter.get(run).unwrap_or_default()
    }
}
