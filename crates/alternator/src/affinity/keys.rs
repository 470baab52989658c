//! What the layer tells the policy.

use std::sync::Arc;

use bytes::Bytes;

use super::KeyHash;

/// How many keys of one batch are told apart. `alternator_max_items_in_batch_write` is 100 by default, and
/// DynamoDB allows 25.
pub(super) const MOST_KEYS: usize = 128;

/// Is the partition keys that a request writes, in its extensions.
///
/// [`AffinityLayer`](super::AffinityLayer) puts it there and [`KeyAffinity`](super::KeyAffinity) reads it.
/// What a request comes with already is left alone, which is the way to say for one request what it
/// should be sent by:
///
/// ```
/// use tower_muster_alternator::affinity::{KeyHash, PartitionKeys};
///
/// let mut request = http::Request::new(());
/// // As if it wrote the item whose partition key is this string.
/// request.extensions_mut().insert(PartitionKeys::of(KeyHash::string("user 7")));
/// // By no key, whatever it writes.
/// request.extensions_mut().insert(PartitionKeys::none());
/// ```
#[derive(Debug, Clone)]
pub struct PartitionKeys {
    hashes: Hashes,
    /// UTF-8 where it is not empty.
    table: Bytes,
    is_told: bool,
}

#[derive(Debug, Clone)]
enum Hashes {
    One(KeyHash),
    Many(Arc<[KeyHash]>),
}

impl PartitionKeys {
    /// Says that the request is sent by no key.
    #[must_use]
    pub fn none() -> Self {
        Self::batch([])
    }

    /// Says that the request is sent by one key.
    #[must_use]
    pub fn of(hash: KeyHash) -> Self {
        Self::new(Hashes::One(hash))
    }

    /// Says that the request is sent by several keys, each of which votes.
    ///
    /// The first 128 count.
    #[must_use]
    pub fn batch(hashes: impl IntoIterator<Item = KeyHash>) -> Self {
        Self::new(Hashes::Many(hashes.into_iter().take(MOST_KEYS).collect()))
    }

    fn new(hashes: Hashes) -> Self {
        Self {
            hashes,
            table: Bytes::new(),
            is_told: false,
        }
    }

    /// Says the same to whoever looks, and that the request is not sent by it.
    #[must_use]
    pub fn told(mut self) -> Self {
        self.is_told = true;
        self
    }

    /// Tells whether the request is sent by its keys, and they are not only [told](Self::told).
    #[must_use]
    pub fn are_sent_by(&self) -> bool {
        !self.is_told
    }

    /// The same of a table, whose name is known to be UTF-8.
    pub(super) fn in_table(mut self, table: Bytes) -> Self {
        self.table = table;
        self
    }

    /// Returns the hashes of the keys, one for each item.
    ///
    /// There are none if the request is sent by no key.
    #[must_use]
    pub fn hashes(&self) -> &[KeyHash] {
        match &self.hashes {
            Hashes::One(hash) => std::slice::from_ref(hash),
            Hashes::Many(hashes) => hashes,
        }
    }

    /// Returns the table that the item is in, if that is known.
    ///
    /// It is not of a batch, and where the caller set the keys.
    #[must_use]
    pub fn table(&self) -> Option<&str> {
        let table = str::from_utf8(&self.table).ok();
        table.filter(|table| !table.is_empty())
    }
}
