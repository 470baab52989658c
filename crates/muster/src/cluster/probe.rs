//! A probe that is due.

use std::sync::Arc;

use super::{
    Cluster,
    clock::Clock,
    live::{Begun, Live},
};
use crate::node::Node;

/// Is the task of asking one node beside the traffic.
///
/// Dropped without an answer it says nothing; the node will be due again.
#[derive(Debug)]
#[must_use = "a node that is not asked stays out"]
pub struct DueProbe {
    live: Arc<Live>,
    clock: Clock,
    begun: Begun,
}

impl DueProbe {
    pub(super) fn new(live: &Arc<Live>, clock: &Clock, begun: Begun) -> Self {
        Self {
            live: Arc::clone(live),
            clock: clock.clone(),
            begun,
        }
    }

    /// Returns the node to be asked.
    #[must_use]
    pub fn node(&self) -> &Arc<Node> {
        self.live.node()
    }

    /// Tells that it can serve.
    pub fn succeeded(self) {
        self.live.probed(true, self.begun, self.clock.now());
    }

    /// Tells that it cannot, or did not answer in time.
    pub fn failed(self) {
        self.live.probed(false, self.begun, self.clock.now());
    }
}

impl Cluster {
    /// Returns a node that should be asked now, of a cluster that is [probed](crate::probe).
    ///
    /// The background task does so itself; this is for those who bring their own, as a simulator does.
    pub fn due_probe(&self) -> Option<DueProbe> {
        self.inner.due_probe(|_| true)
    }
}
