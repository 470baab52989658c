//! Configures how long a body may be silent.

use std::time::Duration;

use tower_layer::Layer;

use super::{BodyTimeout, BodyTimeoutError};

/// Ends a response's body that was silent for too long.
///
/// The [module](super) tells where it goes.
#[derive(Debug, Clone, Copy, Default)]
pub struct BodyTimeoutLayer {
    timeout: Option<Duration>,
}

impl BodyTimeoutLayer {
    /// Makes a layer that waits for the next piece of a body for no longer than `timeout`.
    ///
    /// # Errors
    ///
    /// [`BodyTimeoutError`] if it is zero.
    pub fn new(timeout: Duration) -> Result<Self, BodyTimeoutError> {
        if timeout.is_zero() {
            return Err(BodyTimeoutError { value: timeout });
        }
        Ok(Self {
            timeout: Some(timeout),
        })
    }

    /// Makes a layer that waits for ever: for a stack whose type is to be the same with a timeout and without.
    #[must_use]
    pub fn off() -> Self {
        Self::default()
    }
}

impl<S> Layer<S> for BodyTimeoutLayer {
    type Service = BodyTimeout<S>;

    fn layer(&self, inner: S) -> Self::Service {
        BodyTimeout::new(inner, self.timeout)
    }
}
