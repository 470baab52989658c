//! Which nodes are known to take notice of the places that they are asked for.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tower_muster::{Origin, Topology};

/// The nodes that were found to heed places, so that none is asked about it each time.
#[derive(Debug, Clone, Default)]
pub(crate) struct Heeding {
    nodes: Arc<Mutex<Nodes>>,
}

#[derive(Debug, Default)]
struct Nodes {
    heeding: HashSet<Origin>,
    /// One that was found not to heed places, if it was the last one found out about.
    ignoring: Option<Origin>,
}

impl Heeding {
    pub(super) fn has(&self, origin: &Origin) -> bool {
        self.nodes().heeding.contains(origin)
    }

    pub(super) fn insert(&self, origin: &Origin) {
        let mut nodes = self.nodes();
        nodes.heeding.insert(origin.clone());
        nodes.ignoring = None;
    }

    pub(super) fn remove(&self, origin: &Origin) {
        self.nodes().heeding.remove(origin);
    }

    pub(super) fn ignores(&self, origin: &Origin) {
        self.nodes().ignoring = Some(origin.clone());
    }

    /// A node that does not heed places, where none was found since that does.
    pub(crate) fn ignoring(&self) -> Option<Origin> {
        self.nodes().ignoring.clone()
    }

    /// Forgets whoever is neither known nor a seed.
    pub(super) fn keep(&self, known: &Topology, seeds: &[Origin]) {
        let known: HashSet<_> = known.nodes().iter().map(|node| node.origin()).collect();
        self.nodes()
            .heeding
            .retain(|origin| known.contains(origin) || seeds.contains(origin));
    }

    fn nodes(&self) -> MutexGuard<'_, Nodes> {
        // They are whole after each call.
        self.nodes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
