//! What an operator may want to see of a node.

use std::sync::Arc;

use super::{live::Live, moment::Moment};
use crate::{health::State, node::Node};

/// Shows one node's live state at one moment.
#[derive(Debug, Clone)]
pub struct NodeStatus {
    node: Arc<Node>,
    in_flight: u32,
    requests: u64,
    set_aside: bool,
    state: State,
}

impl NodeStatus {
    pub(crate) fn of(live: &Live, now: Moment) -> Self {
        Self {
            node: Arc::clone(live.node()),
            in_flight: live.in_flight(),
            requests: live.requests(),
            set_aside: !live.is_well(now),
            state: live.state(),
        }
    }

    /// Returns the node.
    #[must_use]
    pub fn node(&self) -> &Arc<Node> {
        &self.node
    }

    /// Returns how many requests are in flight at the node, from this process.
    #[must_use]
    pub fn in_flight(&self) -> u32 {
        self.in_flight
    }

    /// Returns how many requests were aimed at the node, from this process.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.requests
    }

    /// Returns how far the node is trusted.
    #[must_use]
    pub fn state(&self) -> State {
        self.state
    }

    /// Tells whether the node is not chosen for now: it is down and not yet to be asked again, it leaves
    /// unanswered what is in flight, or it has just come back and has its hands full.
    #[must_use]
    pub fn is_set_aside(&self) -> bool {
        self.set_aside
    }
}
