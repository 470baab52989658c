//! Fakes that the tests of all modules share.

mod body;
mod client;
mod probe;
mod source;

use std::sync::Arc;

pub(crate) use self::{
    body::{ScriptedBody, Step},
    client::{Client, Reply},
    probe::Probe,
    source::{Found, Source},
};
use crate::{Attempt, Cluster, Node, cluster::NodeStatus};

/// The node at 10.0.0.`host`, whose place is not known.
pub(crate) fn node(host: u8) -> Node {
    Node::new(&format!("http://10.0.0.{host}:8000")).expect("an origin")
}

/// The node at 10.0.0.`host`, in a rack.
pub(crate) fn placed(host: u8, datacenter: &str, rack: &str) -> Node {
    node(host).in_rack(datacenter, rack).expect("names")
}

/// A fixed cluster of the nodes 1 to `count`.
pub(crate) fn cluster(count: u8) -> Cluster {
    Cluster::fixed((1..=count).map(node)).expect("nodes")
}

/// The last number of a node's address.
pub(crate) fn host(node: &Node) -> u8 {
    let host = node.origin().authority().host();
    host.rsplit('.')
        .next()
        .and_then(|last| last.parse().ok())
        .expect("an address")
}

/// A later attempt, with the nodes of a cluster that were tried.
pub(crate) fn attempt_after(cluster: &Cluster, tried: &[u8]) -> Attempt {
    let topology = cluster.topology();
    let nodes: Vec<_> = topology
        .nodes()
        .iter()
        .filter(|node| tried.contains(&host(node)))
        .map(Arc::clone)
        .collect();
    Attempt::new(tried.len() as u32 + 1, nodes)
}

/// The status of the node at 10.0.0.`wanted`.
pub(crate) fn status(cluster: &Cluster, wanted: u8) -> NodeStatus {
    let mut nodes = cluster.nodes().into_iter();
    nodes
        .find(|status| host(status.node()) == wanted)
        .expect("a node of the cluster")
}

/// All requests in flight, at whatever node.
pub(crate) fn in_flight(cluster: &Cluster) -> u32 {
    cluster.nodes().iter().map(NodeStatus::in_flight).sum()
}
