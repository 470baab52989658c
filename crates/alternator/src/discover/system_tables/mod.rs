//! Finds the nodes in the cluster's own tables.

mod error;
mod row;
mod scan;
mod table;

use std::{collections::HashSet, fmt, net::SocketAddr};

use bytes::Bytes;
use futures_util::future::try_join;
use http::{Request, Response};
use http_body::Body;
use http_body_util::Full;
use hyper_util::client::legacy::connect::dns::Name;
use tokio::time::{Instant, timeout_at};
use tower_muster::{
    BoxError, Discover, NameError, Node, Origin, Place, Scope, Topology, discover::Pace,
};
use tower_service::Service;

pub use self::error::SystemTablesError;
use self::{
    error::{Cause, Refusal},
    row::Row,
    table::Table,
};
use super::{
    ALL_NODES, MOST_ASKED, ONE_NODE,
    seeds::{SeedError, Seeds},
    staggered::Staggered,
    wanted::Wanted,
};

/// Reads the members of an Alternator cluster from its system tables, all of them from one node.
///
/// `.scylla.alternator.system.local` has the node that is asked, `.scylla.alternator.system.peers` every other one
/// of the cluster, each with its datacenter and rack. That needs Scylla 4.1, and, where requests must be signed,
/// a client that signs and a role that may `SELECT` from both tables.
///
/// Members are listed dead or alive: this source takes nobody out of a list for being down, and no place of a scope
/// falls back for it. The cluster's health does. [`LocalNodes`](super::LocalNodes) asks who is alive, one list for
/// each place, without a signature.
///
/// A node that is in no list any more is dropped when a second node misses it, too.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
/// use bytes::Bytes;
/// use http_body_util::Full;
/// use hyper_util::{client::legacy::Client, rt::TokioExecutor};
/// use tower::ServiceBuilder;
/// use tower_muster::Cluster;
/// use tower_muster_alternator::SystemTables;
/// # use aws_credential_types::Credentials;
/// # let credentials = Credentials::new("alternator", "secret_pass", None, None, "example");
/// use tower_muster_sigv4::SigV4Layer;
///
/// let client = ServiceBuilder::new()
///     .layer(SigV4Layer::new(credentials, "us-east-1", "dynamodb")?)
///     .service(Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>());
/// let cluster = Cluster::discover(SystemTables::new(client, ["http://10.0.0.1:8000"])?);
/// # let _ = cluster;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct SystemTables<C> {
    client: C,
    seeds: Seeds,
    wanted: Wanted,
    pace: Pace,
}

impl<C> SystemTables<C> {
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
            pace: Pace::default(),
        })
    }

    /// Sets which nodes are wanted; by default all.
    ///
    /// # Errors
    ///
    /// [`NameError`] if the scope has an empty name.
    pub fn scope(mut self, scope: Scope) -> Result<Self, NameError> {
        self.wanted = Wanted::new(scope)?;
        Ok(self)
    }

    /// Wants a place beside the scope, whose nodes are to be known and are no fallback.
    pub(crate) fn beside(mut self, place: Option<Place>) -> Self {
        self.wanted.beside(place);
        self
    }

    /// Sets what looks names of seeds up; by default the system.
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

    /// Sets how often the tables are read.
    #[must_use]
    pub fn pace(mut self, pace: Pace) -> Self {
        self.pace = pace;
        self
    }
}

impl<C, B> SystemTables<C>
where
    C: Service<Request<Full<Bytes>>, Response = Response<B>, Error: Into<BoxError>> + Clone,
    B: Body<Error: Into<BoxError>>,
{
    /// The members as the first node lists them that answers; where known ones are not among them, with those
    /// that a second one lists.
    async fn members(
        &self,
        seeds: Vec<Origin>,
        known: &Topology,
    ) -> Result<Vec<Node>, SystemTablesError> {
        let until = Instant::now() + ALL_NODES;
        let questions = whom_to_ask(seeds, known)
            .into_iter()
            .map(|origin| async move {
                let answer = self.ask(&origin, until).await;
                (origin, answer)
            });
        let mut answers = Staggered::one_by_one(questions, until);
        let mut members: Option<Vec<Node>> = None;
        let mut refusals = Vec::new();
        while let Some((origin, answer)) = answers.answer().await {
            match (answer, &mut members) {
                (Ok(listed), None) => {
                    if holds_all(&listed, known) {
                        return Ok(listed);
                    }
                    members = Some(listed);
                }
                (Ok(second), Some(first)) => {
                    let both = first.iter().chain(&second).cloned().collect();
                    return Ok(both);
                }
                (Err(cause), _) => refusals.push(Refusal { origin, cause }),
            }
        }
        match members {
            // There is no second opinion: who is known stays.
            Some(listed) => Ok(listed.into_iter().chain(nodes_of(known)).collect()),
            None => Err(SystemTablesError { refusals }),
        }
    }

    async fn ask(&self, origin: &Origin, until: Instant) -> Result<Vec<Node>, Cause> {
        let until = until.min(Instant::now() + ONE_NODE);
        let scan = |table| scan::scan(self.client.clone(), origin, table);
        let both = try_join(scan(Table::Local), scan(Table::Peers));
        let (local, peers) = timeout_at(until, both)
            .await
            .unwrap_or(Err(Cause::Silent(ONE_NODE)))?;
        let local = local.iter().filter_map(|row| row.contacted(origin));
        let peers = peers.iter().filter_map(|row: &Row| row.peer(origin));
        let nodes: Vec<_> = local.chain(peers).collect();
        match nodes.is_empty() {
            true => Err(Cause::Empty),
            false => Ok(nodes),
        }
    }
}

impl<C, B> Discover for SystemTables<C>
where
    C: Service<Request<Full<Bytes>>, Response = Response<B>, Error: Into<BoxError>>,
    C: Clone + Send + Sync + 'static,
    C::Future: Send,
    B: Body<Data: Send, Error: Into<BoxError>> + Send,
{
    type Error = SystemTablesError;

    async fn nodes(&mut self, known: &Topology) -> Result<Vec<Node>, SystemTablesError> {
        let seeds = self.seeds.origins().await;
        let members = self.members(seeds, known).await;
        if members.is_err() {
            self.seeds.doubt();
        }
        let mut members = members?;
        members.retain(|node| self.wanted.places().iter().any(|place| place.holds(node)));
        Ok(members)
    }

    fn pace(&self) -> Pace {
        self.pace
    }
}

/// Nodes that are known, shuffled so that no node answers to all clients, and the seeds.
fn whom_to_ask(seeds: Vec<Origin>, known: &Topology) -> Vec<Origin> {
    let known = known.nodes().iter().map(|node| node.origin().clone());
    let mut known: Vec<_> = known.collect();
    fastrand::shuffle(&mut known);
    let mut origins: Vec<_> = known.into_iter().take(MOST_ASKED).chain(seeds).collect();
    let mut seen = HashSet::new();
    origins.retain(|origin| seen.insert(origin.clone()));
    origins
}

fn holds_all(listed: &[Node], known: &Topology) -> bool {
    let listed: HashSet<_> = listed.iter().map(Node::origin).collect();
    let mut known = known.nodes().iter();
    known.all(|node| listed.contains(node.origin()))
}

fn nodes_of(topology: &Topology) -> impl Iterator<Item = Node> + '_ {
    topology.nodes().iter().map(|node| Node::clone(node))
}

impl<C> fmt::Debug for SystemTables<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SystemTables")
            .field("seeds", &self.seeds)
            .field("scope", self.wanted.scope())
            .field("pace", &self.pace)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
