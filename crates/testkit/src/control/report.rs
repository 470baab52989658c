//! A node as the control address shows it.

use serde::Serialize;

use crate::node::{Counters, Faults, NodeState, TestNode};

#[derive(Debug, Serialize)]
pub(super) struct Report<'a> {
    address: String,
    dc: &'a str,
    rack: &'a str,
    state: NodeState,
    faults: Faults,
    counters: Counters,
    hosts: Vec<String>,
}

impl<'a> Report<'a> {
    pub(super) fn of(node: &'a TestNode) -> Self {
        Self {
            address: node.address().to_string(),
            dc: node.datacenter(),
            rack: node.rack(),
            state: node.state(),
            faults: node.faults(),
            counters: node.counters(),
            hosts: node.hosts(),
        }
    }
}
