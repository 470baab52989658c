//! A node as the control address shows it.

use serde::Serialize;

use crate::node::{Counters, Faults, NodeState, TestNode};
use crate::version::Version;

#[derive(Debug, Serialize)]
pub(super) struct Report<'a> {
    address: String,
    dc: &'a str,
    rack: &'a str,
    host_id: String,
    version: Version,
    state: NodeState,
    faults: Faults,
    counters: Counters,
    hosts: Vec<String>,
    server_names: Vec<String>,
    client_names: Vec<String>,
}

impl<'a> Report<'a> {
    pub(super) fn of(node: &'a TestNode) -> Self {
        Self {
            address: node.address().to_string(),
            dc: node.datacenter(),
            rack: node.rack(),
            host_id: node.host_id(),
            version: node.version(),
            state: node.state(),
            faults: node.faults(),
            counters: node.counters(),
            hosts: node.hosts(),
            server_names: node.server_names(),
            client_names: node.client_names(),
        }
    }
}
