//! What has a home, and where.

use crate::{
    hash::{hash, mix},
    node::Node,
};

/// Is what a request has in common with others that should go to the same node.
///
/// A layer above puts it into the request's extensions.
///
/// ```
/// use tower_muster::policy::AffinityKey;
///
/// let mut request = http::Request::new(());
/// request.extensions_mut().insert(AffinityKey::of(b"user 7"));
/// assert_ne!(AffinityKey::of(b"user 7"), AffinityKey::of(b"user 8"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AffinityKey(u64);

impl AffinityKey {
    /// Makes the key of some bytes, by a hash that stays the same.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(hash(bytes))
    }

    /// Makes a key of a hash that was made elsewhere, such as a partition's token.
    #[must_use]
    pub const fn from_hash(hash: u64) -> Self {
        Self(hash)
    }

    /// Where the node stands in the key's line if all weigh the same; the highest number is first.
    pub(super) fn draw(self, node: &Node) -> u64 {
        mix(node.identity() ^ mix(self.0))
    }

    /// Where the node stands in the key's line; the lowest number is first.
    ///
    /// The number is exponentially distributed, faster with more weight, so that a node comes first in
    /// proportion to its weight.
    pub(super) fn rank(self, node: &Node) -> f64 {
        let bits = self.draw(node);
        // 53 bits are what fits, between 0 and 1 and never either.
        let part = ((bits >> 11) as f64 + 0.5) / (1_u64 << 53) as f64;
        -part.ln() / node.weight()
    }
}
