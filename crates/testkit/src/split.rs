//! A partition of the network between the nodes; clients reach all of them still.

use std::borrow::Borrow;
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use crate::node::{Shared, TestNode};
use crate::sync::lock;

/// How many copies of the data a datacenter keeps, if it has as many nodes.
const REPLICAS: usize = 3;

#[derive(Debug, Default)]
pub(crate) struct Split {
    any: AtomicBool,
    sides: Mutex<Sides>,
}

#[derive(Debug, Default)]
struct Sides {
    /// Grows with each change, so that what was to be noticed of an earlier one is void.
    generation: u64,
    /// By index, the number of the node's side; empty if the network is whole.
    of: Vec<usize>,
}

/// What a side lacks to act for its datacenter.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Minority {
    pub(crate) required: usize,
    pub(crate) alive: usize,
}

impl Split {
    /// Cuts the network, which the nodes notice after a while; with no sides mends it at once.
    pub(crate) fn cut(shared: &Arc<Shared>, of: Vec<usize>) {
        let mended = of.is_empty();
        let generation = {
            let mut sides = lock(&shared.split.sides);
            shared.split.any.store(!mended, Ordering::Release);
            sides.of = of;
            sides.generation += 1;
            sides.generation
        };
        if mended {
            Self::notice(shared, generation);
            return;
        }
        let later = Arc::clone(shared);
        shared.runtime.spawn(async move {
            tokio::time::sleep(later.staleness).await;
            Self::notice(&later, generation);
        });
    }

    /// Lets every node see that it is alone with its side, unless that has changed.
    fn notice(shared: &Shared, generation: u64) {
        let sides = lock(&shared.split.sides);
        if sides.generation != generation {
            return;
        }
        for (index, node) in shared.nodes.iter().enumerate() {
            let side = sides.of.get(index).map(|own| side(&sides.of, *own));
            lock(&node.view).set_side(side);
        }
    }

    /// Whether the node is with too few others of its datacenter for a quorum.
    pub(crate) fn minority(shared: &Shared, index: usize) -> Option<Minority> {
        if !shared.split.any.load(Ordering::Acquire) {
            return None;
        }
        let sides = lock(&shared.split.sides);
        let own = sides.of.get(index)?;
        let datacenter = &shared.nodes[index].place.datacenter;
        let peers = shared.nodes.iter().enumerate();
        let peers = peers.filter(|(_, node)| node.is_member());
        let peers = peers.filter(|(_, node)| node.place.datacenter == *datacenter);
        let (mut all, mut alive) = (0, 0);
        for (peer, _) in peers {
            all += 1;
            alive += usize::from(sides.of.get(peer) == Some(own));
        }
        let required = all.min(REPLICAS) / 2 + 1;
        (alive * 2 <= all).then(|| Minority {
            required,
            alive: alive.min(required - 1),
        })
    }
}

/// Gives each node the number of its group; those in none are together.
pub(crate) fn sides<N: Borrow<TestNode>>(
    nodes: usize,
    groups: impl IntoIterator<Item = impl IntoIterator<Item = N>>,
) -> Vec<usize> {
    let mut sides = vec![0; nodes];
    for (group, members) in groups.into_iter().enumerate() {
        for node in members {
            if let Some(side) = sides.get_mut(node.borrow().index) {
                *side = group + 1;
            }
        }
    }
    sides
}

fn side(of: &[usize], own: usize) -> HashSet<usize> {
    let nodes = of.iter().enumerate();
    nodes
        .filter(|(_, side)| **side == own)
        .map(|(index, _)| index)
        .collect()
}
