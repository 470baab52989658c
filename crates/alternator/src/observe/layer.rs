//! Configures who sees responses.

use std::{fmt, sync::Arc};

use tower_layer::Layer;

use super::{Observe, Observed};

/// Shows an [`Observe`] each response's head.
///
/// It stands below `Select`, where a request has been aimed at its node. The [module](super) has an example.
///
/// # Clone
///
/// Clones share the observer.
#[derive(Clone)]
pub struct ObserveLayer {
    observer: Arc<dyn Observe>,
}

impl ObserveLayer {
    /// Makes a layer that shows responses to `observer`.
    #[must_use]
    pub fn new(observer: impl Observe) -> Self {
        Self {
            observer: Arc::new(observer),
        }
    }
}

impl<S> Layer<S> for ObserveLayer {
    type Service = Observed<S>;

    fn layer(&self, inner: S) -> Observed<S> {
        Observed::new(inner, Arc::clone(&self.observer))
    }
}

impl fmt::Debug for ObserveLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObserveLayer").finish_non_exhaustive()
    }
}
