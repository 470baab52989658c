//! What ties one connection to the cluster.

use std::{pin::Pin, task::Context, time::Duration};

use tokio::time::{Instant, Sleep, sleep};

use super::{ConnectLayer, ConnectedTo, spread::Seat};
use crate::{
    cluster::{Cluster, NodeStatus},
    health::State,
    lease::Lease,
    node::Node,
    outcome::Outcome,
};

/// How often an idle connection looks whether its node is still worth it: the pace of discovery in use, which is
/// how soon anything is known.
const LOOK: Duration = Duration::from_secs(1);

/// One connection, as the cluster sees it.
pub(super) struct Tie {
    cluster: Cluster,
    to: ConnectedTo,
    /// Over as a request in flight. Kept until the node has answered something, or failed to.
    lease: Option<Lease>,
    has_written: bool,
    over_at: Option<Instant>,
    look: Pin<Box<Sleep>>,
    /// Counts the connection as long as it is in use.
    seat: Option<Seat>,
}

impl Tie {
    pub(super) fn new<P>(layer: &ConnectLayer<P>, lease: Lease, seat: Seat) -> Self {
        let over_at = Instant::now().checked_add(jittered(layer.limits.max_age));
        let mut tie = Self {
            cluster: layer.cluster.clone(),
            to: ConnectedTo::new(lease.node().clone()),
            lease: Some(lease),
            has_written: false,
            over_at,
            look: Box::pin(sleep(Duration::ZERO)),
            seat: Some(seat),
        };
        tie.look_again();
        tie
    }

    pub(super) fn to(&self) -> &ConnectedTo {
        &self.to
    }

    /// Whether the node has yet to answer anything.
    pub(super) fn is_unheard(&self) -> bool {
        self.lease.is_some()
    }

    pub(super) fn has_written(&mut self) {
        self.has_written = true;
    }

    /// The first bytes have come, or the end without any.
    pub(super) fn has_read(&mut self, bytes: usize) {
        match bytes {
            0 => self.has_failed(),
            _ => {
                if let Some(mut lease) = self.lease.take() {
                    lease.is_there();
                }
            }
        }
    }

    /// The connection has ended or broken; that counts if the node was asked something and has never answered.
    pub(super) fn has_failed(&mut self) {
        if let Some(mut lease) = self.lease.take() {
            if self.has_written {
                lease.learn(Outcome::AMBIGUOUS);
            }
        }
    }

    /// Ends the use of the connection if it is time; called whenever there is nothing to read.
    ///
    /// The timer wakes the task that reads, which is the connection's own.
    pub(super) fn poll_idle(&mut self, cx: &mut Context<'_>) {
        while !self.to.is_retired() {
            if self.look.as_mut().poll(cx).is_pending() {
                return;
            }
            if self.is_over() || !is_wanted(&self.cluster.nodes(), self.to.node()) {
                self.to.retire();
            } else {
                self.look_again();
            }
        }
        self.seat = None;
    }

    fn is_over(&self) -> bool {
        self.over_at.is_some_and(|over| over <= Instant::now())
    }

    fn look_again(&mut self) {
        let next = Instant::now() + jittered(LOOK);
        let next = self.over_at.map_or(next, |over| over.min(next));
        self.look.as_mut().reset(next);
    }
}

impl Drop for Tie {
    fn drop(&mut self) {
        // Lets go of the pool's handle, which holds this one.
        self.to.retire();
    }
}

/// Whether a node is in the list, and not down while another is not.
fn is_wanted(nodes: &[NodeStatus], node: &Node) -> bool {
    let is_down = |status: &NodeStatus| status.state() == State::Down;
    let is_it = |status: &&NodeStatus| status.node().origin() == node.origin();
    match nodes.iter().find(is_it) {
        None => false,
        Some(status) => !is_down(status) || nodes.iter().all(is_down),
    }
}

/// Up to a tenth more or less, so that what began together does not end together.
fn jittered(time: Duration) -> Duration {
    let seconds = time.as_secs_f64() * (0.9 + 0.2 * fastrand::f64());
    // The longest time there is means never, and may not overflow.
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}
