//! Which nodes are known to take notice of the places that they are asked for.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tower_muster::{Origin, Topology};

/// The nodes that were found to heed places, so that none is asked about it each time.
#[derive(Debug, Clone, Default)]
pub(super) struct Heeding {
    nodes: Arc<Mutex<HashSet<Origin>>>,
}

impl Heeding {
    pub(super) fn has(&self, origin: &Origin) -> bool {
        self.nodes().contains(origin)
    }

    pub(super) fn insert(&self, origin: &Origin) {
        self.nodes().insert(origin.clone());
    }

    pub(super) fn remove(&self, origin: &Origin) {
        self.nodes().remove(origin);
    }

    /// Forgets whoever is neither known nor a seed.
    pub(super) fn keep(&self, known: &Topology, seeds: &[Origin]) {
        let known: HashSet<_> = known.nodes().iter().map(|node| node.origin()).collect();
        self.nodes()
            .retain(|origin| known.contains(origin) || seeds.contains(origin));
    }

    fn nodes(&self) -> MutexGuard<'_, HashSet<Origin>> {
        // A set is whole after each call.
        self.nodes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
