//! Configures affinity.

use tower_layer::Layer;

use super::{Affinity, Mode, TableKeys};

/// Finds out which partition keys a request writes.
///
/// [`KeyAffinity`](super::KeyAffinity) chooses by them. The layer stands above
/// [`FailoverLayer`](tower_muster::FailoverLayer), so that a body is read once and not by each attempt, and
/// above whatever compresses bodies: of what is compressed it sees no key. The [module](super) tells more.
#[derive(Debug, Clone)]
pub struct AffinityLayer {
    pub(super) mode: Mode,
    pub(super) keys: TableKeys,
}

impl AffinityLayer {
    /// Makes a layer that looks at the writes that `mode` takes.
    ///
    /// It learns the tables' keys, unless they are set.
    #[must_use]
    pub fn new(mode: Mode) -> Self {
        Self {
            mode,
            keys: TableKeys::new(),
        }
    }

    /// Sets what is known of the tables.
    ///
    /// It may be shared with other stacks of the same cluster.
    #[must_use]
    pub fn keys(mut self, keys: TableKeys) -> Self {
        self.keys = keys;
        self
    }
}

impl<S> Layer<S> for AffinityLayer {
    type Service = Affinity<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Affinity::new(inner, self.clone())
    }
}
