//! Configures which requests are passed through.

use std::{fmt, sync::Arc};

use tower_layer::Layer;

use super::{PassThrough, PassThroughError, origins::Origins};

/// Passes requests through to another service that are not meant for the one below.
///
/// The [module](super) tells how.
#[derive(Clone)]
pub struct PassThroughLayer<O> {
    pub(super) origins: Arc<Origins>,
    pub(super) others: O,
}

impl<O> PassThroughLayer<O> {
    /// Makes a layer that gives the service below what is addressed to one of `origins`, as
    /// `http://cluster.example:8000`, and `others` the rest.
    ///
    /// Spellings of one origin are one: letters of either case, with or without the scheme's default port. A
    /// request without an authority is addressed to nobody else, and goes below.
    ///
    /// # Errors
    ///
    /// [`PassThroughError`] if an origin is none, or none is given.
    pub fn new<I>(origins: I, others: O) -> Result<Self, PassThroughError>
    where
        I: IntoIterator<Item: AsRef<str>>,
    {
        Ok(Self {
            origins: Arc::new(Origins::new(origins)?),
            others,
        })
    }
}

impl<S, O: Clone> Layer<S> for PassThroughLayer<O> {
    type Service = PassThrough<S, O>;

    fn layer(&self, inner: S) -> Self::Service {
        PassThrough::new(inner, self.clone())
    }
}

impl<O> fmt::Debug for PassThroughLayer<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PassThroughLayer")
            .field("origins", &self.origins)
            .finish_non_exhaustive()
    }
}
