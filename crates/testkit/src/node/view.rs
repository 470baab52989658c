//! What one node believes of the others, and says at `/localnodes`.

use std::collections::HashSet;

use bytes::Bytes;

#[derive(Debug)]
pub(crate) struct View {
    /// By index: whether gossip calls the node alive and normal.
    listed: Vec<bool>,
    /// The nodes on this side of a partition; none when there is no partition.
    reachable: Option<HashSet<usize>>,
    /// The whole answer, when a test has written it itself.
    pub(crate) answer: Option<Bytes>,
}

impl View {
    pub(crate) fn of_all(nodes: usize) -> Self {
        Self {
            listed: vec![true; nodes],
            reachable: None,
            answer: None,
        }
    }

    pub(crate) fn set_listed(&mut self, node: usize, listed: bool) {
        if let Some(entry) = self.listed.get_mut(node) {
            *entry = listed;
        }
    }

    pub(crate) fn set_reachable(&mut self, nodes: Option<HashSet<usize>>) {
        self.reachable = nodes;
    }

    pub(crate) fn lists(&self, node: usize) -> bool {
        let reachable = self
            .reachable
            .as_ref()
            .is_none_or(|nodes| nodes.contains(&node));
        reachable && self.listed.get(node).copied().unwrap_or_default()
    }
}
