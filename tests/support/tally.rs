//! What nodes have counted, and what a stack knows of them.

use std::collections::BTreeSet;

use tower_muster::{Cluster, Node, health::State};
use tower_muster_testkit::TestNode;

use super::load::until;

/// How many operations these nodes have carried out.
pub fn executed<'a>(nodes: impl IntoIterator<Item = &'a TestNode>) -> u64 {
    nodes.into_iter().map(|node| node.counters().executed).sum()
}

/// How many operations have arrived at these nodes, whatever became of them.
pub fn attempts<'a>(nodes: impl IntoIterator<Item = &'a TestNode>) -> u64 {
    nodes.into_iter().map(|node| node.counters().attempts).sum()
}

/// How often these nodes were asked for their lists.
pub fn asked<'a>(nodes: impl IntoIterator<Item = &'a TestNode>) -> u64 {
    nodes
        .into_iter()
        .map(|node| node.counters().local_nodes)
        .sum()
}

/// The URLs of nodes, in order.
pub fn urls<'a>(nodes: impl IntoIterator<Item = &'a TestNode>) -> BTreeSet<String> {
    nodes.into_iter().map(TestNode::url).collect()
}

/// The origins that a cluster knows, in order.
pub fn known(cluster: &Cluster) -> BTreeSet<String> {
    let topology = cluster.topology();
    let nodes = topology.nodes().iter();
    nodes.map(|node| node.origin().to_string()).collect()
}

/// Waits until a cluster knows these nodes and no others; it is asked to look.
pub async fn until_known<'a>(cluster: &Cluster, nodes: impl IntoIterator<Item = &'a TestNode>) {
    let wanted = urls(nodes);
    until("the list is that of the cluster", async || {
        cluster.refresh();
        known(cluster) == wanted
    })
    .await;
}

/// How far a node is trusted; `None` if it is not known.
pub fn state(cluster: &Cluster, node: &TestNode) -> Option<State> {
    let url = node.url();
    let nodes = cluster.nodes();
    let status = nodes
        .iter()
        .find(|status| status.node().origin().as_str() == url);
    status.map(tower_muster::cluster::NodeStatus::state)
}

/// Waits until a node is well again, or for the first time.
pub async fn until_active(cluster: &Cluster, node: &TestNode) {
    until("the node is trusted", async || {
        state(cluster, node) == Some(State::Active)
    })
    .await;
}

/// The same node as a list that is written by hand has it, in its datacenter and rack.
pub fn placed(node: &TestNode) -> Node {
    Node::new(&node.url())
        .expect("an origin")
        .in_rack(node.datacenter(), node.rack())
        .expect("names")
}
