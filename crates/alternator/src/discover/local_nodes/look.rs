//! One look at the cluster: the nodes of each place of the scope.

use std::collections::HashSet;

use bytes::Bytes;
use futures_util::future::{join, join_all};
use http::{Request, Response};
use http_body::Body;
use http_body_util::Full;
use tokio::time::{Instant, timeout_at};
use tower_muster::{BoxError, Node, Origin, Place, Topology};
use tower_service::Service;

use super::{
    super::{ALL_NODES, MOST_ASKED, ONE_NODE, staggered::Staggered},
    LocalNodes, LocalNodesError, ask,
    error::{Cause, Refusal},
};

/// How many nodes that were left out of a list are asked before they are dropped: a rack's usual number,
/// and few enough that the next look is not late.
const MOST_CONFIRMED: usize = 3;

/// What is asked in one look.
pub(super) struct Look<'a, C> {
    source: &'a LocalNodes<C>,
    seeds: &'a [Origin],
    known: &'a Topology,
    /// Nobody is asked after this; what was found by then counts.
    until: Instant,
}

impl<'a, C, B> Look<'a, C>
where
    C: Service<Request<Full<Bytes>>, Response = Response<B>, Error: Into<BoxError>> + Clone,
    B: Body<Error: Into<BoxError>>,
{
    pub(super) fn new(source: &'a LocalNodes<C>, seeds: &'a [Origin], known: &'a Topology) -> Self {
        Self {
            source,
            seeds,
            known,
            until: Instant::now() + ALL_NODES,
        }
    }

    /// The nodes of every place, those of the first places first: a node that was listed for a rack is
    /// in that rack, also when it is listed for the datacenter.
    pub(super) async fn nodes(self) -> Result<Vec<Node>, LocalNodesError> {
        let places = self.source.wanted.places().iter();
        let looks = join_all(places.map(|place| self.place(place))).await;
        let mut nodes = Vec::new();
        let mut refusals = Vec::new();
        for (place, (found, refused)) in self.source.wanted.places().iter().zip(looks) {
            refusals.extend(refused);
            match found {
                Found::Nodes(found) => nodes.extend(found),
                Found::Nothing => {}
                Found::Unknown => nodes.extend(self.kept(place)),
            }
        }
        if nodes.is_empty() {
            let scope = self.source.wanted.scope().clone();
            return Err(LocalNodesError::none_in(scope, refusals));
        }
        Ok(nodes)
    }

    async fn place(&self, place: &Place) -> (Found, Vec<Refusal>) {
        let origins = self.whom_to_ask(place);
        let questions = origins.into_iter().map(|origin| async move {
            let answer = self.ask(&origin, place).await;
            (origin, answer)
        });
        // Each seed may be in a datacenter of its own; any other place has one list.
        let wants_all = *place == Place::Cluster;
        let mut answers = match wants_all {
            true => Staggered::side_by_side(questions, self.until),
            false => Staggered::one_by_one(questions, self.until),
        };
        let mut found = Found::Unknown;
        let mut refusals = Vec::new();
        let mut asked = HashSet::new();
        while let Some((origin, answer)) = answers.answer().await {
            asked.insert(origin.clone());
            match answer {
                Ok(listed) if listed.is_empty() => {
                    refusals.push(Refusal::new(&origin, place, Cause::Empty));
                    found = found.or_nothing();
                }
                Ok(listed) => {
                    found = found.and(listed);
                    if !wants_all {
                        break;
                    }
                }
                Err(cause) => refusals.push(Refusal::new(&origin, place, cause)),
            }
        }
        drop(answers);
        if let Found::Nodes(listed) = &mut found {
            self.confirm(place, listed, &asked).await;
        }
        (found, refusals)
    }

    /// Asks the nodes that are known of a place and were not listed for it.
    ///
    /// A list is what one node sees, and a node that is cut off sees itself alone: whoever was left out
    /// and answers is believed, too. Those that are too many to be asked are kept until the next time.
    async fn confirm(&self, place: &Place, listed: &mut Vec<Node>, asked: &HashSet<Origin>) {
        let mut origins: HashSet<_> = listed.iter().map(|node| node.origin().clone()).collect();
        let mut missing = self.kept(place);
        missing.retain(|node| !origins.contains(node.origin()) && !asked.contains(node.origin()));
        let kept = missing.split_off(missing.len().min(MOST_CONFIRMED));
        let questions = missing.into_iter().map(|node| async move {
            match self.is_over() {
                true => vec![node],
                false => self.ask(node.origin(), place).await.unwrap_or_default(),
            }
        });
        let seen = join_all(questions).await.into_iter().flatten();
        let new = |node: &Node| origins.insert(node.origin().clone());
        listed.extend(seen.chain(kept).filter(new));
    }

    async fn ask(&self, origin: &Origin, place: &Place) -> Result<Vec<Node>, Cause> {
        let until = self.until.min(Instant::now() + ONE_NODE);
        let list = async {
            let client = self.source.client.clone();
            let list = ask::ask(client, origin, place);
            if *place == Place::Cluster || self.source.heeding.has(origin) {
                return list.await;
            }
            let heeds = ask::heeds_places(self.source.client.clone(), origin);
            let (list, heeds) = join(list, heeds).await;
            match heeds? {
                true => self.source.heeding.insert(origin),
                false => {
                    self.source.heeding.ignores(origin);
                    return Err(Cause::IgnoresPlaces);
                }
            }
            list
        };
        let answer = timeout_at(until, list).await;
        let answer = answer.unwrap_or(Err(Cause::Silent(ONE_NODE)));
        if answer.is_err() {
            // It may come back as another version.
            self.source.heeding.remove(origin);
        }
        answer
    }

    fn is_over(&self) -> bool {
        self.until <= Instant::now()
    }

    /// Nodes that are known, shuffled so that no node answers to all clients, and the seeds.
    fn whom_to_ask(&self, place: &Place) -> Vec<Origin> {
        let known = self.known.nodes().iter().map(|node| node.origin().clone());
        let mut known: Vec<_> = known.collect();
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
