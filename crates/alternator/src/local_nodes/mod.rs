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

use std::{collections::HashSet, fmt, time::Duration};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::Full;
use tokio::time::timeout;
use tower_muster::{
    BoxError, Discover, NameError, Node, Origin, Place, Scope, Topology, discover::Pace,
};
use tower_service::Service;

use self::error::{Cause, Refusal};
pub use self::error::{LocalNodesError, SeedError};

/// How long one node may take to list the others; ScyllaDB's Java client allows a connection as long.
const ONE_NODE: Duration = Duration::from_secs(3);
/// How long all of the asking may take; the same client's limit for one cycle.
const ALL_NODES: Duration = Duration::from_secs(30);

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
        let places = self.places(known);
        timeout(ALL_NODES, places)
            .await
            .unwrap_or(Err(LocalNodesError::too_slow(ALL_NODES)))
    }

    fn pace(&self) -> Pace {
        self.pace
    }
}

impl<C, B> LocalNodes<C>
where
    C: Service<Request<Full<Bytes>>, Response = Response<B>, Error: Into<BoxError>> + Clone + Sync,
    B: Body<Error: Into<BoxError>>,
{
    /// The nodes of every place, those of the first places first: a node that was listed for a rack is
    /// in that rack, also when it is listed for the datacenter.
    async fn places(&self, known: &Topology) -> Result<Vec<Node>, LocalNodesError> {
        let mut nodes = Vec::new();
        let mut refusals = Vec::new();
        for place in self.scope.places() {
            match self.place(place, known, &mut refusals).await {
                Found::Nodes(found) => nodes.extend(found),
                Found::Nothing => {}
                Found::Unknown => nodes.extend(kept(place, known)),
            }
        }
        if nodes.is_empty() {
            return Err(LocalNodesError::none_in(self.scope.clone(), refusals));
        }
        Ok(nodes)
    }

    async fn place(&self, place: &Place, known: &Topology, refusals: &mut Vec<Refusal>) -> Found {
        let mut found = Found::Unknown;
        let mut asked = HashSet::new();
        for origin in self.whom_to_ask(place, known) {
            asked.insert(origin.clone());
            match self.ask(&origin, place).await {
                Ok(listed) if listed.is_empty() => {
                    refusals.push(Refusal::new(&origin, place, Cause::Empty));
                    found = found.or_nothing();
                }
                Ok(listed) => {
                    found = found.and(listed);
                    // Each seed may be in a datacenter of its own; any other place has one list.
                    if *place != Place::Cluster {
                        break;
                    }
                }
                Err(cause) => refusals.push(Refusal::new(&origin, place, cause)),
            }
        }
        if let Found::Nodes(listed) = &mut found {
            self.confirm(place, known, listed, &asked).await;
        }
        found
    }

    /// Asks the nodes that are known of a place and were not listed for it.
    ///
    /// A list is what one node sees, and a node that is cut off sees itself alone: whoever was left out
    /// and answers is believed, too. Those that there is no time to ask are kept until the next time.
    async fn confirm(
        &self,
        place: &Place,
        known: &Topology,
        listed: &mut Vec<Node>,
        asked: &HashSet<Origin>,
    ) {
        let mut origins: HashSet<_> = listed.iter().map(|node| node.origin().clone()).collect();
        let mut left_to_ask = MOST_CONFIRMED;
        for node in kept(place, known) {
            if asked.contains(node.origin()) || origins.contains(node.origin()) {
                continue;
            }
            let seen = match left_to_ask.checked_sub(1) {
                None => vec![node],
                Some(left) => {
                    left_to_ask = left;
                    self.ask(node.origin(), place).await.unwrap_or_default()
                }
            };
            let new = |node: &Node| origins.insert(node.origin().clone());
            listed.extend(seen.into_iter().filter(new));
        }
    }

    async fn ask(&self, origin: &Origin, place: &Place) -> Result<Vec<Node>, Cause> {
        let answer = timeout(ONE_NODE, ask::ask(self.client.clone(), origin, place)).await;
        answer.unwrap_or(Err(Cause::Silent(ONE_NODE)))
    }

    /// Nodes that are known, shuffled so that no node answers to all clients, and the seeds.
    fn whom_to_ask(&self, place: &Place, known: &Topology) -> Vec<Origin> {
        let mut known: Vec<_> = known
            .nodes()
            .iter()
            .map(|node| node.origin().clone())
            .collect();
        fastrand::shuffle(&mut known);
        let seeds = self.seeds.iter().cloned();
        let mut origins: Vec<_> = match place {
            Place::Cluster => seeds.chain(known.into_iter().take(1)).collect(),
            _ => known.into_iter().take(MOST_ASKED).chain(seeds).collect(),
        };
        let mut seen = HashSet::new();
        origins.retain(|origin| seen.insert(origin.clone()));
        origins
    }
}

/// How many of the known nodes are asked before the seeds are.
const MOST_ASKED: usize = 8;
/// How many nodes that were left out of a list are asked before they are dropped: a rack's usual number,
/// and few enough that silent ones do not use up the time for everything else.
const MOST_CONFIRMED: usize = 3;

/// What a place was found to hold.
enum Found {
    Nodes(Vec<Node>),
    /// Nodes answered, and listed none.
    Nothing,
    /// No node answered.
    Unknown,
}

impl Found {
    fn or_nothing(self) -> Self {
        match self {
            Self::Unknown => Self::Nothing,
            found => found,
        }
    }

    fn and(self, listed: Vec<Node>) -> Self {
        match self {
            Self::Nodes(mut nodes) => {
                nodes.extend(listed);
                Self::Nodes(nodes)
            }
            Self::Nothing | Self::Unknown => Self::Nodes(listed),
        }
    }
}

/// The known nodes of a place.
fn kept(place: &Place, known: &Topology) -> Vec<Node> {
    known.nodes()[known.place(place)]
        .iter()
        .map(|node| Node::clone(node))
        .collect()
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
