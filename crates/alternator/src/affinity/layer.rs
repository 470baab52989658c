//! Configures affinity.

use tower_layer::Layer;

use super::{Affinity, Mode, TableKeys, mode::Interest};

/// Finds out which partition keys a request writes.
///
/// [`KeyAffinity`](super::KeyAffinity) chooses by them. The layer stands above
/// [`FailoverLayer`](tower_muster::FailoverLayer), so that a body is read once and not by each attempt, and
/// above whatever compresses bodies: of what is compressed it sees no key. The [module](super) tells more.
#[derive(Debug, Clone)]
pub struct AffinityLayer {
    pub(super) interest: Interest,
    pub(super) keys: TableKeys,
}

impl AffinityLayer {
    /// Makes a layer that looks at the writes that `mode` takes.
    ///
    /// It learns the tables' keys, unless they are set.
    #[must_use]
    pub fn new(mode: Mode) -> Self {
        Self {
            interest: mode.into(),
            keys: TableKeys::new(),
        }
    }

    /// Tells the keys of reads and of all other requests for one item, too, which are sent as if they had none.
    ///
    /// For an [observer](crate::observe), or a policy of one's own. It costs each `GetItem` a walk through its body.
    #[must_use]
    pub fn tell_all(mut self) -> Self {
        self.interest.tells_all = true;
        self
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
