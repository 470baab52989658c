//! Configures the reading of errors.

use tower_layer::Layer;

use super::ReadErrors;

/// Reads what errors say, for the classifier above.
///
/// It stands between `Select` and whatever signs; the [module](super) tells what for.
#[derive(Debug, Clone, Copy, Default)]
pub struct ReadErrorsLayer(());

impl ReadErrorsLayer {
    /// Makes the layer.
    #[must_use]
    pub fn new() -> Self {
        Self(())
    }
}

impl<S> Layer<S> for ReadErrorsLayer {
    type Service = ReadErrors<S>;

    fn layer(&self, inner: S) -> ReadErrors<S> {
        ReadErrors::new(inner)
    }
}
