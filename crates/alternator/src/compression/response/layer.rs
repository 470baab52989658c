//! Configures the decoding of responses.

use tower_layer::Layer;

use super::{Decompress, ResponseCompression};

/// Asks for compressed responses, and decodes them.
///
/// It belongs above `Failover`: the [module](super) tells what it does, and has an example.
#[derive(Debug, Clone, Default)]
#[must_use = "it does nothing until it wraps a service"]
pub struct DecompressLayer {
    compression: ResponseCompression,
}

impl DecompressLayer {
    /// Makes a layer that asks as `compression` says, unless a request says otherwise.
    pub const fn new(compression: ResponseCompression) -> Self {
        Self { compression }
    }
}

impl<S> Layer<S> for DecompressLayer {
    type Service = Decompress<S>;

    fn layer(&self, inner: S) -> Decompress<S> {
        Decompress::new(inner, self.compression)
    }
}
