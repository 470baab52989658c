//! Finds the nodes by asking them: `GET /localnodes`.
//!
//! Each node lists the nodes of one datacenter, or of one rack of it, as it sees them itself. Ports and
//! racks are not listed: the port is that of the node which was asked, and a node is known to be in a
//! rack because it was listed for that rack.
//!
//! A place of the [`Scope`] is asked for at nodes that are known, in random order, and then at the seeds,
//! until one lists any nodes; a node that is silent is waited for alone for a quarter of a second. A place
//! that cannot be asked for keeps the nodes that are known of it. A node that is left out of a list is dropped
//! if it does not list itself when it is asked, or if two others leave it out. A look that nobody answers is an
//! error, and the cluster keeps what it knows.

mod ask;
mod error;
mod heeding;
mod list;
mod look;

use std::{fmt, net::SocketAddr};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::Full;
use hyper_util::client::legacy::connect::dns::Name;
use tower_muster::{BoxError, Discover, NameError, Node, Place, Scope, Topology, discover::Pace};
use tower_service::Service;

#[cfg(test)]
pub(crate) use self::ask::NOWHERE;
pub use self::error::LocalNodesError;
pub(crate) use self::heeding::Heeding;
use self::look::Look;
use super::{
    seeds::{SeedError, Seeds},
    wanted::Wanted,
};

/// Asks the nodes of an Alternator cluster for each other.
///
/// It asks through a client of the caller's, which is best the one that the requests take: what it can
/// reach the requests can reach.
///
/// # Datacenters and racks
///
/// Servers before 2025.1 take no notice of the datacenter and rack that they are asked for, and list all nodes
/// of their own datacenter instead. Each node is therefore asked once for a place that does not exist, and one
/// that lists nodes there is not believed about places: what the scope falls back to serves, or there
/// is an [error](LocalNodesError::ignores_places).
///
/// # Names
///
/// A seed may be a name, such as `http://alternator.example:8000`. It stands for all of its addresses, of which
/// eight at most are asked; they are looked up anew each 30 s, and when nobody is found where they point.
///
/// # Clone
///
/// Clones share what is known of the nodes' versions, and nothing else.
#[derive(Clone)]
pub struct LocalNodes<C> {
    client: C,
    seeds: Seeds,
    wanted: Wanted,
    heeding: Heeding,
    pace: Pace,
}

impl<C> LocalNodes<C> {
    /// Makes a source that begins at `seeds`, such as `http://10.0.0.1:8000`.
    ///
    /// # Errors
    ///
    /// [`SeedError`] if there are no seeds, or one is not the address of a node.
    pub fn new(client: C, seeds: impl IntoIterator<Item: AsRef<str>>) -> Result<Self, SeedError> {
        Ok(Self {
            client,
            seeds: Seeds::new(seeds)?,
            wanted: Wanted::cluster(),
            heeding: Heeding::default(),
            pace: Pace::default(),
        })
    }

    /// Sets which nodes are asked for; by default all that the seeds know of.
    ///
    /// # Errors
    ///
    /// [`NameError`] if the scope has an empty name.
    pub fn scope(mut self, scope: Scope) -> Result<Self, NameError> {
        self.wanted = Wanted::new(scope)?;
        Ok(self)
    }

    /// Asks for a place beside the scope, whose nodes are to be known and are no fallback.
    pub(crate) fn beside(mut self, place: Option<Place>) -> Self {
        self.wanted.beside(place);
        self
    }

    /// Sets where it is kept what is found out about the nodes' versions.
    pub(crate) fn heeding(mut self, heeding: Heeding) -> Self {
        self.heeding = heeding;
        self
    }

    /// Sets what looks names of seeds up; by default the system.
    ///
    /// It is a service of the kind that hyper-util's connectors take.
    #[must_use]
    pub fn resolver<R>(mut self, resolver: R) -> Self
    where
        R: Service<Name, Response: IntoIterator<Item = SocketAddr>, Error: Into<BoxError>>,
        R: Clone + Send + Sync + 'static,
        R::Future: Send,
    {
        self.seeds.resolve_by(resolver);
        self
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
        let seeds = self.seeds.origins().await;
        self.heeding.keep(known, &seeds);
        let found = Look::new(self, &seeds, known).nodes().await;
        if found.is_err() {
            self.seeds.doubt();
        }
        found
    }

    fn pace(&self) -> Pace {
        self.pace
    }
}

impl<C> fmt::Debug for LocalNodes<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalNodes")
            .field("seeds", &self.seeds)
            .field("scope", self.wanted.scope())
            .field("pace", &self.pace)
            .finish_non_exhaustive()
    }
}

/// The nodes of a list, however it was answered.
#[cfg(any(test, fuzzing))]
pub(crate) fn fuzz_list(body: &[u8], asked: &tower_muster::Origin, place: &Place) -> Vec<Node> {
    list::nodes(body, asked, place).unwrap_or_default()
}

#[cfg(test)]
mod tests;
