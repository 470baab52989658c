//! Finds the nodes by asking them: `GET /localnodes`.
//!
//! Each node lists the nodes of one datacenter, or of one rack of it, as it sees them itself. Ports and
//! racks are not listed: the port is that of the node which was asked, and a node is known to be in a
//! rack because it was listed for that rack.
//!
//! A place of the [`Scope`] is asked for at nodes that are known, in random order, and then at the seeds,
//! until one lists any nodes. A place that cannot be asked for keeps the nodes that are known of it, and
//! a node that is left out of a list is dropped only if it does not answer itself.

mod ask;
mod error;
mod list;
mod look;

use std::fmt;

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::Full;
use tower_muster::{BoxError, Discover, NameError, Node, Origin, Scope, Topology, discover::Pace};
use tower_service::Service;

pub use self::error::{LocalNodesError, SeedError};
use self::look::Look;

/// Asks the nodes of an Alternator cluster for each other.
///
/// It asks through a client of the caller's, which is best the one that the requests take: what it can
/// reach the requests can reach.
#[derive(Clone)]
pub struct LocalNodes<C> {
    client: C,
    seeds: Vec<Origin>,
    scope: Scope,
    pace: Pace,
}

impl<C> LocalNodes<C> {
    /// Makes a source that begins at `seeds`, such as `http://10.0.0.1:8000`.
    ///
    /// # Errors
    ///
    /// [`SeedError`] if there are no seeds, or one is not the address of a node.
    pub fn new(client: C, seeds: impl IntoIterator<Item: AsRef<str>>) -> Result<Self, SeedError> {
        let seeds = seeds.into_iter().map(|seed| Ok(seed.as_ref().parse()?));
        let seeds = seeds.collect::<Result<Vec<_>, SeedError>>()?;
        if seeds.is_empty() {
            return Err(SeedError::Empty);
        }
        Ok(Self {
            client,
            seeds,
            scope: Scope::cluster(),
            pace: Pace::default(),
        })
    }

    /// Sets which nodes are asked for; by default all that the seeds know of.
    ///
    /// # Errors
    ///
    /// [`NameError`] if the scope has an empty name.
    pub fn scope(mut self, scope: Scope) -> Result<Self, NameError> {
        scope.check()?;
        self.scope = scope;
        Ok(self)
    }

    /// Sets how often the nodes are asked.
    #[must_use]
    pub fn pace(mut self, pace: Pace) -> Self {
        self.pace = pace;
        self
    }
}

impl<C, B> Discover for LocalNodes<C>
where
    C: Service<Request<Full<Bytes>>, Response = Response<B>, Error: Into<BoxError>>,
    C: Clone + Send + Sync + 'static,
    C::Future: Send,
    B: Body<Data: Send, Error: Into<BoxError>> + Send,
{
    type Error = LocalNodesError;

    async fn nodes(&mut self, known: &Topology) -> Result<Vec<Node>, LocalNodesError> {
        Look::new(self, known).nodes().await
    }

    fn pace(&self) -> Pace {
        self.pace
    }
}

impl<C> fmt::Debug for LocalNodes<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalNodes")
            .field("seeds", &self.seeds)
            .field("scope", &self.scope)
            .field("pace", &self.pace)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
