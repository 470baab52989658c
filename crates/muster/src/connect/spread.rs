//! Which nodes have how many connections, and a policy that minds it.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{
    node::Node,
    policy::{Candidate, Candidates, Policy, Route},
};

/// Asks a policy twice, and takes the node with fewer connections.
///
/// Connections are no requests in flight: one that is idle is no load, and a policy that counted it as a
/// request would keep the requests of others away from the node. So they are counted here, and the user's policy
/// is left to say which nodes are worth a connection at all. Two draws are enough to keep the fullest node
/// within a few connections of the mean (Mitzenmacher, "The power of two choices in randomized load balancing",
/// 2001).
pub(super) struct Spread<P> {
    policy: P,
    open: Arc<Open>,
}

impl<P> Spread<P> {
    pub(super) fn new(policy: P) -> Self {
        Self {
            policy,
            open: Arc::default(),
        }
    }

    pub(super) fn open(&self) -> &Arc<Open> {
        &self.open
    }
}

impl<P: Policy> Policy for Spread<P> {
    fn pick<'a>(
        &self,
        route: &Route<'_>,
        candidates: &Candidates<'a, '_>,
    ) -> Option<Candidate<'a>> {
        let first = self.policy.pick(route, candidates)?;
        let Some(second) = self.policy.pick(route, candidates) else {
            return Some(first);
        };
        let open = self.open.lock();
        // With one more it has: a node of twice the weight is to have twice as many.
        let share = |candidate: &Candidate<'_>| {
            let node = candidate.node();
            f64::from(count(&open, node) + 1) / node.weight()
        };
        Some(if share(&second) < share(&first) {
            second
        } else {
            first
        })
    }
}

impl<P: fmt::Debug> fmt::Debug for Spread<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.policy.fmt(f)
    }
}

/// How many connections there are to each node, those included that are being made.
///
/// A lock, for it is taken a few times in the life of a connection and never by a request.
#[derive(Debug, Default)]
pub(super) struct Open(Mutex<HashMap<u64, u32>>);

impl Open {
    fn lock(&self) -> MutexGuard<'_, HashMap<u64, u32>> {
        // Nothing panics while it is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn to(&self, node: &Node) -> u32 {
        count(&self.lock(), node)
    }
}

fn count(open: &HashMap<u64, u32>, node: &Node) -> u32 {
    open.get(&node.identity()).copied().unwrap_or(0)
}

/// Counts one connection at its node, until it is dropped.
#[derive(Debug)]
pub(super) struct Seat {
    open: Arc<Open>,
    node: u64,
}

impl Seat {
    pub(super) fn take(open: &Arc<Open>, node: &Node) -> Self {
        let node = node.identity();
        *open.lock().entry(node).or_default() += 1;
        Self {
            open: Arc::clone(open),
            node,
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut open = self.open.lock();
        if let Some(count) = open.get_mut(&self.node) {
            *count = count.saturating_sub(1);
            // Only nodes with connections are kept, so this cannot outgrow them.
            if *count == 0 {
                open.remove(&self.node);
            }
        }
    }
}
