//! Configures the compression of requests.

use tower_layer::Layer;

use super::{Compress, RequestCompression};

/// Compresses the bodies of requests.
///
/// It belongs above `Failover`, and so above the layer that signs; the [module](super) tells why.
#[derive(Debug, Clone, Default)]
#[must_use = "it does nothing until it wraps a service"]
pub struct CompressLayer {
    compression: RequestCompression,
}

impl CompressLayer {
    /// Makes a layer that compresses as `compression` says, unless a request says otherwise.
    pub const fn new(compression: RequestCompression) -> Self {
        Self { compression }
    }
}

impl<S> Layer<S> for CompressLayer {
    type Service = Compress<S>;

    fn layer(&self, inner: S) -> Compress<S> {
        Compress::new(inner, self.compression)
    }
}
