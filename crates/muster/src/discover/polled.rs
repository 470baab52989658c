//! A source made of an asynchronous function.

use std::fmt;

use super::{Discover, Pace};
use crate::{BoxError, node::Node, topology::Topology};

/// Asks a function for the nodes.
pub struct Polled<F> {
    fetch: F,
    pace: Pace,
}

impl<F> Polled<F> {
    /// Makes a source of `fetch`, asked at the default [`Pace`].
    #[must_use]
    pub fn new(fetch: F) -> Self {
        Self {
            fetch,
            pace: Pace::default(),
        }
    }

    /// Sets how often the function is asked.
    #[must_use]
    pub fn pace(mut self, pace: Pace) -> Self {
        self.pace = pace;
        self
    }
}

impl<F, Fut, E> Discover for Polled<F>
where
    F: FnMut() -> Fut + Send + 'static,
    Fut: Future<Output = Result<Vec<Node>, E>> + Send,
    E: Into<BoxError>,
{
    type Error = E;

    fn nodes(&mut self, _: &Topology) -> impl Future<Output = Result<Vec<Node>, E>> + Send {
        (self.fetch)()
    }

    fn pace(&self) -> Pace {
        self.pace
    }
}

impl<F> fmt::Debug for Polled<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Polled")
            .field("pace", &self.pace)
            .finish_non_exhaustive()
    }
}
