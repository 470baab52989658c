//! Each node in turn.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use super::{Candidate, Candidates, Policy, Route};

/// Chooses each node in turn.
///
/// The first turn is drawn by chance, so that clients which start together do not march together. A turn
/// that falls to a node which is out goes to one drawn by chance: the node's successor does not carry
/// the load of two. Turns are counted for all requests together: where two kinds of them strictly alternate,
/// each is better off with turns of its own.
///
/// ```
/// use tower_muster::policy::RoundRobin;
///
/// let policy = RoundRobin::new();
/// # let _ = policy;
/// ```
#[derive(Debug)]
pub struct RoundRobin {
    turn: AtomicUsize,
}

impl RoundRobin {
    /// Makes a policy that starts at a random node.
    #[must_use]
    pub fn new() -> Self {
        Self {
            turn: AtomicUsize::new(fastrand::usize(..)),
        }
    }

    /// Takes the next turn.
    pub(super) fn turn(&self) -> usize {
        self.turn.fetch_add(1, Relaxed)
    }
}

impl Clone for RoundRobin {
    /// Begins at a random node, too: two clones do not march together.
    fn clone(&self) -> Self {
        Self::new()
    }
}

impl Default for RoundRobin {
    fn default() -> Self {
        Self::new()
    }
}

impl Policy for RoundRobin {
    fn pick<'a>(
        &self,
        route: &Route<'_>,
        candidates: &Candidates<'a, '_>,
    ) -> Option<Candidate<'a>> {
        let candidate = candidates.at(self.turn() % candidates.places());
        Some(candidate.unwrap_or_else(|| candidates.sample(route)))
    }
}
