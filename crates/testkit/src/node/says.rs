//! What a node and its peers say at `/localnodes`; a node's clock.

use std::net::IpAddr;

use bytes::Bytes;

use super::TestNode;
use crate::sync::lock;

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
    /// Only what it says changes, not what it does; for that see
    /// [`TestCluster::partition`](crate::TestCluster::partition). An empty list
    /// makes an empty answer. Addresses of no node are passed over.
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
