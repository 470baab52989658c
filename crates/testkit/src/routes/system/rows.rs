//! The rows of `system.local` and `system.peers`, as items.

use serde_json::{Map, Value, json};

use super::Rows;
use crate::node::{Node, Shared};
use crate::sync::lock;

/// The version of Cassandra that ScyllaDB says it is, scylladb `version.hh`.
const RELEASE: &str = "3.0.8";

/// The one row about the node that was asked.
pub(super) fn local(shared: &Shared, index: usize) -> Rows {
    let node = &shared.nodes[index];
    let ip = node.address.ip().to_string();
    let mut row = common(node);
    let own = [
        ("key", "local"),
        ("bootstrapped", "COMPLETED"),
        ("broadcast_address", &ip),
        ("listen_address", &ip),
        ("cluster_name", "muster-cluster"),
    ];
    row.extend(own.map(|(name, value)| attribute(name, value)));
    Rows {
        key: "key",
        rows: vec![row],
    }
}

/// A row for each other member, dead or alive, of all datacenters.
pub(super) fn peers(shared: &Shared, index: usize) -> Rows {
    let others = shared.nodes.iter().enumerate();
    let others = others.filter(|(other, node)| *other != index && node.is_member());
    let rows = others.map(|(_, node)| {
        let ip = node.address.ip().to_string();
        let mut row = common(node);
        row.extend([attribute("peer", &ip), attribute("preferred_ip", &ip)]);
        row
    });
    Rows {
        key: "peer",
        rows: rows.collect(),
    }
}

fn common(node: &Node) -> Map<String, Value> {
    let attributes = [
        ("data_center", node.place.datacenter.as_str()),
        ("rack", &node.place.rack),
        ("host_id", &lock(&node.host_id)),
        ("rpc_address", &lock(&node.advertised)),
        ("release_version", RELEASE),
    ];
    attributes
        .map(|(name, value)| attribute(name, value))
        .into_iter()
        .collect()
}

fn attribute(name: &str, value: &str) -> (String, Value) {
    (name.to_owned(), json!({ "S": value }))
}
