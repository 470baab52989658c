//! One node: its handle, its faults, what it counts.

mod counters;
mod faults;
mod hosts;
mod lifecycle;
mod listener;
mod shared;
mod state;
mod view;

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;

pub use counters::Counters;
pub use faults::{Failure, Faults, Reset};
pub use state::NodeState;

pub(crate) use counters::count;
pub(crate) use lifecycle::begin;
pub(crate) use shared::{Node, Shared};

use crate::sync::lock;

/// A handle to one node of a test cluster.
///
/// All methods may be called from any runtime, and from none.
///
/// # Clone
///
/// A clone is a handle to the same node. A handle that outlives its cluster
/// still reads counters; the node itself is gone.
#[derive(Clone)]
pub struct TestNode {
    shared: Arc<Shared>,
    index: usize,
}

impl TestNode {
    pub(crate) fn new(shared: &Arc<Shared>, index: usize) -> Self {
        Self {
            shared: Arc::clone(shared),
            index,
        }
    }

    fn node(&self) -> &Node {
        &self.shared.nodes[self.index]
    }

    /// Returns the address that the node listens on.
    pub fn address(&self) -> SocketAddr {
        self.node().address
    }

    /// Returns the node's URL, `http://<ip>:<port>`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// Returns the name of the node's datacenter.
    pub fn datacenter(&self) -> &str {
        &self.node().place.datacenter
    }

    /// Returns the name of the node's rack.
    pub fn rack(&self) -> &str {
        &self.node().place.rack
    }

    /// Returns whether the node listens.
    pub fn state(&self) -> NodeState {
        lock(&self.node().life).state
    }

    /// Returns what the node has counted so far.
    pub fn counters(&self) -> Counters {
        self.node().counters.snapshot()
    }

    /// Returns the different Host headers that requests came with.
    ///
    /// The node's own `ip:port` comes first if it was seen. A request without
    /// the header counts as an empty value. At most 64 others are kept.
    pub fn hosts(&self) -> Vec<String> {
        self.node().hosts.seen()
    }

    /// Returns the faults that the node has now.
    pub fn faults(&self) -> Faults {
        self.node().faults.snapshot()
    }
}

/// Faults of a node that goes on listening.
impl TestNode {
    /// Makes the node accept and read, and never answer nor execute.
    ///
    /// Holds for every request, `GET /` and `GET /localnodes` too, and for
    /// connections that are already open.
    pub fn black_hole(&self) {
        self.node().faults.change(|faults| faults.black_hole = true);
    }

    /// Makes the node hold back each answer for a time.
    ///
    /// An operation is executed when it arrives: a client that stops waiting
    /// cannot know, but it was applied.
    pub fn slow(&self, delay: Duration) {
        self.node()
            .faults
            .change(|faults| faults.slow = Some(delay));
    }

    /// Makes the node answer every operation with an error, unexecuted.
    ///
    /// The error has Alternator's shape: `InternalServerError` for a status of
    /// 500 and above, else `ValidationException`. The other requests are
    /// answered as ever, so the node looks healthy.
    pub fn fail(&self, status: StatusCode) {
        self.node()
            .faults
            .change(|faults| faults.fail = Some(Failure::of(status)));
    }

    /// Makes the node answer every operation with this error, unexecuted.
    ///
    /// For the texts that a client tells apart, such as `RequestLimitExceeded`
    /// with `too many in-flight requests`.
    pub fn fail_with(
        &self,
        status: StatusCode,
        error_type: impl Into<String>,
        message: impl Into<String>,
    ) {
        let failure = Failure::new(status, error_type.into(), message.into());
        self.node()
            .faults
            .change(|faults| faults.fail = Some(failure));
    }

    /// Makes the node execute every operation and then reset the connection.
    ///
    /// This is the truly ambiguous failure: the client cannot know. The other
    /// requests are answered as ever.
    pub fn reset(&self) {
        self.node()
            .faults
            .change(|faults| faults.reset = Some(Reset::AfterExecution));
    }

    /// Makes the node read every operation and reset instead of executing it.
    pub fn reset_before_execution(&self) {
        self.node()
            .faults
            .change(|faults| faults.reset = Some(Reset::BeforeExecution));
    }

    /// Clears black hole, slow, fail and reset.
    ///
    /// What was swallowed stays unanswered. A killed or drained node stays
    /// so; see [`restart`](Self::restart).
    pub fn heal(&self) {
        self.node()
            .faults
            .change(|faults| *faults = Faults::default());
    }
}

/// What the node and its peers say at `/localnodes`; the node's clock.
impl TestNode {
    /// Makes every node print this text for this node.
    ///
    /// By default it is the IP. An IPv6 literal, a host id, another node's
    /// address (a duplicate) and plain garbage all happen.
    pub fn advertise_as(&self, text: impl Into<String>) {
        *lock(&self.node().advertised) = text.into();
    }

    /// Makes the node believe that only these nodes are alive.
    ///
    /// This is one side of a partition as `/localnodes` shows it; an empty
    /// list makes an empty answer. Addresses of no node are passed over.
    pub fn set_view(&self, addresses: impl IntoIterator<Item = IpAddr>) {
        let addresses: Vec<IpAddr> = addresses.into_iter().collect();
        let nodes = self.shared.nodes.iter().enumerate();
        let seen = nodes.filter(|(_, node)| addresses.contains(&node.address.ip()));
        let seen = seen.map(|(index, _)| index).collect();
        lock(&self.node().view).set_reachable(Some(seen));
    }

    /// Makes the node answer `/localnodes` with exactly this list.
    ///
    /// In this order and whatever the query asks for, for entries that no real
    /// view would have.
    pub fn set_local_nodes<T: Into<String>>(&self, entries: impl IntoIterator<Item = T>) {
        let entries: Vec<String> = entries.into_iter().map(Into::into).collect();
        // Strings always serialize.
        self.set_local_nodes_body(serde_json::to_vec(&entries).unwrap_or_default());
    }

    /// Makes the node answer `/localnodes` with exactly this body.
    pub fn set_local_nodes_body(&self, body: impl Into<Vec<u8>>) {
        lock(&self.node().view).answer = Some(Bytes::from(body.into()));
    }

    /// Ends what `set_view`, `set_local_nodes` and its kin have set.
    pub fn restore_view(&self) {
        let mut view = lock(&self.node().view);
        view.set_reachable(None);
        view.answer = None;
    }

    /// Sets how many seconds the node's clock is ahead of the system's.
    ///
    /// Signatures are judged, and Date headers written, by the node's clock.
    pub fn set_clock_offset(&self, seconds: i64) {
        self.node().clock.set_offset(seconds);
    }
}

impl fmt::Debug for TestNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestNode")
            .field("address", &self.address())
            .field("datacenter", &self.datacenter())
            .field("rack", &self.rack())
            .field("state", &self.state())
            .finish()
    }
}

#[cfg(test)]
mod tests;
