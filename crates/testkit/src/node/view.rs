//! What one node believes of the others, and says at `/localnodes`.

use std::collections::HashSet;

use bytes::Bytes;

#[derive(Debug)]
pub(crate) struct View {
    /// By index: whether gossip calls the node alive and normal.
    listed: Vec<bool>,
    /// The only nodes that a test lets it believe in; none when it has its own mind.
    reachable: Option<HashSet<usize>>,
    /// The nodes on its side of a partition that was noticed.
    side: Option<HashSet<usize>>,
    /// The whole answer, when a test has written it itself.
    pub(crate) answer: Option<Bytes>,
}

impl View {
    pub(crate) fn of_all(nodes: usize) -> Self {
        Self {
            listed: vec![true; nodes],
            reachable: None,
            side: None,
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

    pub(crate) fn set_side(&mut self, nodes: Option<HashSet<usize>>) {
        self.side = nodes;
    }

    pub(crate) fn lists(&self, node: usize) -> bool {
        let mut limits = [&self.reachable, &self.side].into_iter().flatten();
        limits.all(|nodes| nodes.contains(&node))
            && self.listed.get(node).copied().unwrap_or_default()
    }
}
