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
        let mut was_answered = false;
        for (place, (found, refused)) in self.source.wanted.places().iter().zip(looks) {
            refusals.extend(refused);
            was_answered |= !matches!(found, Found::Unknown);
            match found {
                Found::Nodes(found) => nodes.extend(found),
                Found::Nothing => {}
                Found::Unknown => nodes.extend(self.kept(place)),
            }
        }
        // An error keeps what is known, and tells that it is not known any better.
        if nodes.is_empty() || !was_answered {
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
        let mut opinions = Vec::new();
        let mut refusals = Vec::new();
        let mut asked = HashSet::new();
        let mut otherwise = Found::Unknown;
        while let Some((origin, answer)) = answers.answer().await {
            asked.insert(origin.clone());
            match answer {
                Ok(list) if list.is_empty() => {
                    refusals.push(Refusal::new(&origin, place, Cause::Empty));
                    otherwise = Found::Nothing;
                }
                Ok(list) => {
                    opinions.push(Opinion { of: origin, list });
                    if !wants_all {
                        break;
                    }
                }
                Err(cause) => refusals.push(Refusal::new(&origin, place, cause)),
            }
        }
        drop(answers);
        let found = match opinions.is_empty() {
            true => otherwise,
            false => Found::Nodes(self.confirmed(place, opinions, &asked).await),
        };
        (found, refusals)
    }

    /// Asks the nodes that are known of a place and were not listed for it, and one of those that were.
    ///
    /// A list is what one node sees, and a node that is cut off sees itself alone: whoever is listed by another
    /// is believed in, and whoever lists itself, unless two others leave it out, as they do when it leaves the
    /// cluster. Those that are too many to be asked are kept until the next time.
    async fn confirmed(
        &self,
        place: &Place,
        mut opinions: Vec<Opinion>,
        asked: &HashSet<Origin>,
    ) -> Vec<Node> {
        let mut missing = self.kept(place);
        missing.retain(|node| {
            let origin = node.origin();
            !asked.contains(origin) && !opinions.iter().any(|opinion| opinion.holds(origin))
        });
        let mut kept = missing.split_off(missing.len().min(MOST_CONFIRMED));
        if self.is_over() {
            kept.append(&mut missing);
        }
        if !missing.is_empty() {
            let mut listed = opinions.iter().flat_map(|opinion| &opinion.list);
            let second = listed.find(|node| !asked.contains(node.origin()));
            let whom: Vec<_> = missing.iter().chain(second).cloned().collect();
            let questions = whom.iter().map(|node| self.ask(node.origin(), place));
            for (node, list) in whom.iter().zip(join_all(questions).await) {
                if let Some(list) = list.ok().filter(|list| !list.is_empty()) {
                    let of = node.origin().clone();
                    opinions.push(Opinion { of, list });
                }
            }
        }
        let mut origins = HashSet::new();
        let listed = opinions.iter().flat_map(|opinion| &opinion.list);
        listed
            .filter(|node| is_believed_in(node, &opinions, place))
            .cloned()
            .chain(kept)
            .filter(|node| origins.insert(node.origin().clone()))
            .collect()
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

/// What one node lists.
struct Opinion {
    of: Origin,
    list: Vec<Node>,
}

impl Opinion {
    fn holds(&self, origin: &Origin) -> bool {
        self.list.iter().any(|node| node.origin() == origin)
    }
}

/// Whether another node lists it, or too few others are asked to say that it is not there.
fn is_believed_in(node: &Node, opinions: &[Opinion], place: &Place) -> bool {
    let origin = node.origin();
    let mut others = opinions.iter().filter(|opinion| opinion.of != *origin);
    if others.clone().any(|opinion| opinion.holds(origin)) {
        return true;
    }
    // Of the whole cluster each node lists its own datacenter, and has no say about others.
    let own = opinions.iter().find(|opinion| opinion.of == *origin);
    let is_beside = |other: &&Opinion| own.is_some_and(|own| own.holds(&other.of));
    let has_a_say = |other: &&Opinion| *place != Place::Cluster || is_beside(other);
    others.by_ref().filter(has_a_say).nth(1).is_none()
}

/// What a place was found to hold.
enum Found {
    Nodes(Vec<Node>),
    /// Nodes answered, and listed none.
    Nothing,
    /// No node answered.
    Unknown,
}
