//! What is seen of a response.

use std::fmt;

use http::{HeaderMap, StatusCode, Uri, uri::Authority};

use crate::affinity::PartitionKeys;

/// Sees each response that a node gives.
///
/// Functions of `(&Seen)` implement it.
pub trait Observe: Send + Sync + 'static {
    /// Looks at a response's head; it runs on the way of the request, and should be quick.
    fn observe(&self, seen: &Seen<'_>);
}

impl<F> Observe for F
where
    F: Fn(&Seen<'_>) + Send + Sync + 'static,
{
    fn observe(&self, seen: &Seen<'_>) {
        self(seen);
    }
}

/// Is a response's head, with what is known of the request.
pub struct Seen<'a> {
    pub(super) keys: Option<&'a PartitionKeys>,
    pub(super) uri: &'a Uri,
    pub(super) status: StatusCode,
    pub(super) headers: &'a HeaderMap,
}

impl<'a> Seen<'a> {
    /// Returns the table and the hashes of the partition keys that the request names, if they are known.
    #[must_use]
    pub fn keys(&self) -> Option<&'a PartitionKeys> {
        self.keys
    }

    /// Returns host and port of the node that answered, as its
    /// [origin](tower_muster::Origin::authority) has them.
    #[must_use]
    pub fn node(&self) -> Option<&'a Authority> {
        self.uri.authority()
    }

    /// Returns the response's status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Returns the response's headers.
    #[must_use]
    pub fn headers(&self) -> &'a HeaderMap {
        self.headers
    }
}

impl fmt::Debug for Seen<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seen")
            .field("node", &self.node())
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}
