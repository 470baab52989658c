//! Configures affinity.

use tower_layer::Layer;

use super::{Affinity, Mode, TableKeys};

/// Finds out which partition keys a request writes, for [`KeyAffinity`](super::KeyAffinity) to choose by.
///
/// It stands above [`FailoverLayer`](tower_muster::FailoverLayer), so that a body is read once and not by
/// each attempt. The [module](super) tells more.
#[derive(Debug, Clone)]
pub struct AffinityLayer {
    pub(super) mode: Mode,
    pub(super) keys: TableKeys,
}

impl AffinityLayer {
    /// Makes a layer that looks at the writes that `mode` takes, and learns the tables' keys.
    #[must_use]
    pub fn new(mode: Mode) -> Self {
        Self {
            mode,
            keys: TableKeys::new(),
        }
    }

    /// Sets what is known of the tables, which may be shared with other stacks of one cluster.
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
