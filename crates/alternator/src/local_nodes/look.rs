//! One look at the cluster: the nodes of each place of the scope.

use std::{collections::HashSet, time::Duration};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::Full;
use tokio::time::{Instant, timeout_at};
use tower_muster::{BoxError, Node, Origin, Place, Topology};
use tower_service::Service;

use super::{
    LocalNodes, LocalNodesError, ask,
    error::{Cause, Refusal},
};

/// How long one node may take to list the others; ScyllaDB's Java client allows a connection as long.
const ONE_NODE: Duration = Duration::from_secs(3);
/// How long all of the asking may take; the same client's limit for one cycle.
const ALL_NODES: Duration = Duration::from_secs(30);
/// How many of the known nodes are asked before the seeds are.
const MOST_ASKED: usize = 8;
/// How many nodes that were left out of a list are asked before they are dropped: a rack's usual number,
/// and few enough that silent ones do not use up the time for everything else.
const MOST_CONFIRMED: usize = 3;

/// What is asked in one look, and what was answered so far.
pub(super) struct Look<'a, C> {
    source: &'a LocalNodes<C>,
    known: &'a Topology,
    /// Nobody is asked after this; what was found by then counts.
    until: Instant,
    refusals: Vec<Refusal>,
}

impl<'a, C, B> Look<'a, C>
where
    C: Service<Request<Full<Bytes>>, Response = Response<B>, Error: Into<BoxError>> + Clone,
    B: Body<Error: Into<BoxError>>,
{
    pub(super) fn new(source: &'a LocalNodes<C>, known: &'a Topology) -> Self {
        let until = Instant::now() + ALL_NODES;
        Self {
            source,
            known,
            until,
            refusals: Vec::new(),
        }
    }

    /// The nodes of every place, those of the first places first: a node that was listed for a rack is
    /// in that rack, also when it is listed for the datacenter.
    pub(super) async fn nodes(mut self) -> Result<Vec<Node>, LocalNodesError> {
        let mut nodes = Vec::new();
        for place in self.source.scope.places() {
            match self.place(place).await {
                Found::Nodes(found) => nodes.extend(found),
                Found::Nothing => {}
                Found::Unknown => nodes.extend(self.kept(place)),
            }
        }
        if nodes.is_empty() {
            return Err(LocalNodesError::none_in(
                self.source.scope.clone(),
                self.refusals,
            ));
        }
        Ok(nodes)
    }

    async fn place(&mut self, place: &Place) -> Found {
        let mut found = Found::Unknown;
        let mut asked = HashSet::new();
        for origin in self.whom_to_ask(place) {
            if self.is_over() {
                break;
            }
            asked.insert(origin.clone());
            match self.ask(&origin, place).await {
                Ok(listed) if listed.is_empty() => {
                    self.refusals
                        .push(Refusal::new(&origin, place, Cause::Empty));
                    found = found.or_nothing();
                }
                Ok(listed) => {
                    found = found.and(listed);
                    // Each seed may be in a datacenter of its own; any other place has one list.
                    if *place != Place::Cluster {
                        break;
                    }
                }
                Err(cause) => self.refusals.push(Refusal::new(&origin, place, cause)),
            }
        }
        if let Found::Nodes(listed) = &mut found {
            self.confirm(place, listed, &asked).await;
        }
        found
    }

    /// Asks the nodes that are known of a place and were not listed for it.
    ///
    /// A list is what one node sees, and a node that is cut off sees itself alone: whoever was left out
    /// and answers is believed, too. Those that there is no time to ask are kept until the next time.
    async fn confirm(&self, place: &Place, listed: &mut Vec<Node>, asked: &HashSet<Origin>) {
        let mut origins: HashSet<_> = listed.iter().map(|node| node.origin().clone()).collect();
        let mut left_to_ask = MOST_CONFIRMED;
        for node in self.kept(place) {
            if asked.contains(node.origin()) || origins.contains(node.origin()) {
                continue;
            }
            let seen = if left_to_ask == 0 || self.is_over() {
                vec![node]
            } else {
                left_to_ask -= 1;
                self.ask(node.origin(), place).await.unwrap_or_default()
            };
            let new = |node: &Node| origins.insert(node.origin().clone());
            listed.extend(seen.into_iter().filter(new));
        }
    }

    async fn ask(&self, origin: &Origin, place: &Place) -> Result<Vec<Node>, Cause> {
        let until = self.until.min(Instant::now() + ONE_NODE);
        let answer = timeout_at(until, ask::ask(self.source.client.clone(), origin, place)).await;
        answer.unwrap_or(Err(Cause::Silent(ONE_NODE)))
    }

    fn is_over(&self) -> bool {
        self.until <= Instant::now()
    }

    /// Nodes that are known, shuffled so that no node answers to all clients, and the seeds.
    fn whom_to_ask(&self, place: &Place) -> Vec<Origin> {
        let known = self.known.nodes().iter().map(|node| node.origin().clone());
        let mut known: Vec<_> = known.collect();
        fastrand::shuffle(&mut known);
        let seeds = self.source.seeds.iter().cloned();
        let mut origins: Vec<_> = match place {
            Place::Cluster => seeds.chain(known.into_iter().take(1)).collect(),
            _ => known.into_iter().take(MOST_ASKED).chain(seeds).collect(),
        };
        let mut seen = HashSet::new();
        origins.retain(|origin| seen.insert(origin.clone()));
        origins
    }

    /// The known nodes of a place.
    fn kept(&self, place: &Place) -> Vec<Node> {
        let nodes = &self.known.nodes()[self.known.place(place)];
        nodes.iter().map(|node| Node::clone(node)).collect()
    }
}

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
