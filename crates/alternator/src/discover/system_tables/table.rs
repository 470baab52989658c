//! The tables that are read, and what is read of them.

/// A table of the cluster's own, as Alternator serves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Table {
    /// The node that is asked.
    Local,
    /// All others.
    Peers,
}

impl Table {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Local => ".scylla.alternator.system.local",
            Self::Peers => ".scylla.alternator.system.peers",
        }
    }

    /// The columns that say where a node is; others hold much that nobody needs here.
    pub(super) fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Local => &["rpc_address", "broadcast_address", "data_center", "rack"],
            Self::Peers => &["rpc_address", "preferred_ip", "peer", "data_center", "rack"],
        }
    }
}
