//! The nodes that a policy may choose from.

use std::{fmt, ops::Range, sync::Arc, time::Duration};

use super::Route;
use crate::{
    cluster::{Gauge, Live, Moment, Snapshot},
    node::Node,
    scope::Place,
};

/// How many times a random place is drawn before the candidates are counted instead.
const DRAWS: usize = 8;

/// Is one node that may be chosen, with its load.
#[derive(Clone, Copy)]
pub struct Candidate<'a> {
    live: &'a Arc<Live>,
    /// Where it stands in the topology.
    place: usize,
}

impl<'a> Candidate<'a> {
    /// Returns the node.
    #[must_use]
    pub fn node(&self) -> &'a Arc<Node> {
        self.live.node()
    }

    /// Returns how many requests are in flight at the node, from this process.
    #[must_use]
    pub fn in_flight(&self) -> u32 {
        self.live.in_flight()
    }

    /// Returns how long the node takes to answer, up to the response's head, if it is known.
    ///
    /// A moving average with about a second of memory, of which no single request is more than a part.
    #[must_use]
    pub fn latency(&self) -> Option<Duration> {
        let nanos = self.live.latency().nanos();
        (nanos > 0.0).then(|| Duration::from_nanos(nanos as u64))
    }

    /// The same in nanoseconds, if it is not older than so many.
    pub(crate) fn latency_since(&self, now: Moment, age: u64) -> Option<f32> {
        let latency = self.live.latency();
        (latency.nanos() > 0.0 && latency.age(now) <= age).then(|| latency.nanos())
    }

    /// What one more request would cost here, beside what others cost.
    pub(crate) fn cost(&self, now: Moment) -> f32 {
        self.live.cost(now)
    }

    /// Takes the one request that a doubted node is asked again with, if it is time for it.
    pub(crate) fn claims_probe(&self, now: Moment) -> bool {
        self.live.claim_probe(now)
    }

    pub(crate) fn live(&self) -> &'a Arc<Live> {
        self.live
    }

    pub(crate) fn place(&self) -> usize {
        self.place
    }
}

impl fmt::Debug for Candidate<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Candidate");
        debug
            .field("node", self.node())
            .field("in_flight", &self.in_flight())
            .finish()
    }
}

/// Is the set of nodes that a policy may choose from; it is never empty.
///
/// A candidate has not been tried by this call, and is well; and once two nodes of one rack have failed the
/// call, it is in another. Where that leaves nobody, nodes of that rack are candidates too, and where no
/// node is well, those that are not: when all look dead, the network is the likelier culprit.
///
/// The set is a run of *places* in the topology's order, of which some hold no candidate. Nothing is
/// copied: a place is looked at when it is asked for.
///
/// The nodes live as long as `'a`, which is as long as a [`Candidate`] does; `'f` is for what narrows
/// them, and may be shorter.
#[derive(Clone, Copy)]
pub struct Candidates<'a, 'f> {
    snapshot: &'a Snapshot,
    start: usize,
    end: usize,
    filter: Filter<'f>,
    /// One place that holds a candidate: the proof that the set is not empty.
    first: Candidate<'a>,
}

#[derive(Clone, Copy)]
struct Filter<'f> {
    tried: &'f [Arc<Node>],
    now: Moment,
    reach: Reach,
    keep: Option<Keep<'f>>,
}

/// Who is left out beside the nodes that were tried, from most to nobody.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// Whoever is not well, and whoever shares the rack of the node tried last.
    Elsewhere,
    /// Whoever is not well.
    Well,
    All,
}

/// A condition, on top of those that were set before.
#[derive(Clone, Copy)]
struct Keep<'f> {
    condition: &'f (dyn Fn(&Node) -> bool + 'f),
    before: Option<&'f Self>,
}

impl<'f> Filter<'f> {
    #[inline]
    fn new(tried: &'f [Arc<Node>], now: Moment) -> Self {
        // A rack that is lost would take one attempt after the other.
        let is_rack_lost = match tried {
            [.., one, two] => one.rack().is_some() && one.is_beside(two),
            _ => false,
        };
        Self {
            tried,
            now,
            reach: match is_rack_lost {
                true => Reach::Elsewhere,
                false => Reach::Well,
            },
            keep: None,
        }
    }

    fn admits(&self, live: &Live) -> bool {
        self.reaches(live)
            && !is_among(live.node(), self.tried)
            && self.keep.is_none_or(|keep| keep.holds(live.node()))
    }

    fn reaches(&self, live: &Live) -> bool {
        match self.reach {
            Reach::All => true,
            Reach::Well => live.is_well(self.now),
            Reach::Elsewhere => {
                let last = self.tried.last();
                live.is_well(self.now) && !last.is_some_and(|last| last.is_beside(live.node()))
            }
        }
    }

    fn wider(self) -> Option<Self> {
        let reach = match self.reach {
            Reach::Elsewhere => Reach::Well,
            Reach::Well => Reach::All,
            Reach::All => return None,
        };
        Some(Self { reach, ..self })
    }
}

impl Keep<'_> {
    fn holds(&self, node: &Node) -> bool {
        (self.condition)(node) && self.before.is_none_or(|before| before.holds(node))
    }
}

/// The nodes from one place to another, whether or not they may be chosen.
fn seats(snapshot: &Snapshot, start: usize, end: usize) -> impl Iterator<Item = Candidate<'_>> {
    let live = snapshot.live()[start..end].iter();
    live.zip(start..)
        .map(|(live, place)| Candidate { live, place })
}

pub(crate) fn is_among(node: &Arc<Node>, nodes: &[Arc<Node>]) -> bool {
    nodes
        .iter()
        .any(|other| Arc::ptr_eq(node, other) || node.origin() == other.origin())
}

impl<'a, 'f> Candidates<'a, 'f> {
    #[inline]
    pub(crate) fn of(snapshot: &'a Snapshot, tried: &'f [Arc<Node>], now: Moment) -> Option<Self> {
        let all = 0..snapshot.live().len();
        let filter = Filter::new(tried, now);
        Self::within(snapshot, all, filter).or_else(|| Self::of_more(snapshot, filter))
    }

    #[cold]
    fn of_more(snapshot: &'a Snapshot, mut filter: Filter<'f>) -> Option<Self> {
        loop {
            filter = filter.wider()?;
            let all = 0..snapshot.live().len();
            let candidates = Self::within(snapshot, all, filter);
            if candidates.is_some() {
                return candidates;
            }
        }
    }

    #[inline]
    fn within(snapshot: &'a Snapshot, places: Range<usize>, filter: Filter<'f>) -> Option<Self> {
        let Range { start, end } = places;
        let first = seats(snapshot, start, end).find(|seat| filter.admits(seat.live))?;
        Some(Self {
            snapshot,
            start,
            end,
            filter,
            first,
        })
    }

    /// Returns the candidates in a rack, if there are any.
    #[must_use]
    pub fn in_rack(&self, datacenter: &str, rack: &str) -> Option<Self> {
        self.narrow(self.snapshot.topology().rack(datacenter, rack))
    }

    /// Returns the candidates in a datacenter, if there are any.
    #[must_use]
    pub fn in_datacenter(&self, datacenter: &str) -> Option<Self> {
        self.narrow(self.snapshot.topology().datacenter(datacenter))
    }

    /// Returns the candidates in a place, if there are any.
    #[must_use]
    pub fn in_place(&self, place: &Place) -> Option<Self> {
        self.narrow(self.snapshot.topology().place(place))
    }

    fn narrow(&self, places: Range<usize>) -> Option<Self> {
        let (start, end) = (places.start.max(self.start), places.end.min(self.end));
        (start < end)
            .then(|| Self::within(self.snapshot, start..end, self.filter))
            .flatten()
    }

    /// Returns the candidates for which `condition` holds, if there are any.
    #[must_use]
    pub fn retain<'g>(
        &'g self,
        condition: &'g (dyn Fn(&Node) -> bool + 'g),
    ) -> Option<Candidates<'a, 'g>> {
        let keep = Keep {
            condition,
            before: self.filter.keep.as_ref(),
        };
        let filter = Filter {
            keep: Some(keep),
            ..self.filter
        };
        Candidates::within(self.snapshot, self.start..self.end, filter)
    }

    /// Returns the candidates together with those that were left out for the next weaker reason: that
    /// their rack has failed this call twice, then that they are not well. `None` once nobody is left out.
    ///
    /// For a policy that would rather try such a node than leave its own place.
    #[must_use]
    pub fn wider(&self) -> Option<Self> {
        let filter = self.filter.wider()?;
        Some(Self { filter, ..*self })
    }

    /// Returns some candidate, at no cost.
    #[must_use]
    pub fn any(&self) -> Candidate<'a> {
        self.first
    }

    /// Returns the candidates in the topology's order.
    pub fn iter(&self) -> impl Iterator<Item = Candidate<'a>> + use<'a, 'f> {
        let filter = self.filter;
        seats(self.snapshot, self.start, self.end).filter(move |seat| filter.admits(seat.live))
    }

    /// What every candidate is measured against.
    pub(crate) fn gauge(&self) -> Gauge {
        Gauge::of(self.snapshot.usual().limits(), self.filter.now)
    }

    /// The nodes of all places, whether or not they are candidates.
    pub(crate) fn seats(&self) -> &'a [Arc<Live>] {
        &self.snapshot.live()[self.start..self.end]
    }

    /// Whether every node that is well is a candidate.
    pub(crate) fn is_open(&self) -> bool {
        self.filter.tried.is_empty() && self.filter.keep.is_none()
    }

    /// Returns the number of places, which is at least the number of candidates.
    #[must_use]
    pub fn places(&self) -> usize {
        self.end - self.start
    }

    /// Returns the candidate at a place, unless the place holds none.
    #[must_use]
    pub fn at(&self, place: usize) -> Option<Candidate<'a>> {
        let seat = self.seat(place)?;
        self.filter.admits(seat.live).then_some(seat)
    }

    /// The node at a place, of which is known that it is a candidate.
    pub(crate) fn seat(&self, place: usize) -> Option<Candidate<'a>> {
        let live = self.seats().get(place)?;
        let place = self.start + place;
        Some(Candidate { live, place })
    }

    /// Whether some node of the cluster weighs more than another.
    pub(crate) fn are_weighted(&self) -> bool {
        self.snapshot.topology().is_weighted()
    }

    /// The weight of all places, in units of which each node has a whole number.
    pub(crate) fn units(&self) -> u64 {
        self.snapshot.topology().units(self.start..self.end)
    }

    /// The candidate that holds one of the [`units`](Self::units), unless that place holds none.
    pub(crate) fn at_unit(&self, unit: u64) -> Option<Candidate<'a>> {
        let topology = self.snapshot.topology();
        let place = topology.at_unit(self.start..self.end, unit);
        self.at(place - self.start)
    }

    /// A candidate by chance, in proportion to its weight.
    pub(crate) fn sample_by_weight(&self, route: &Route<'_>) -> Candidate<'a> {
        let units = u128::from(self.units());
        for _ in 0..DRAWS {
            let unit = (u128::from(route.chance()) * units) >> 64;
            if let Some(candidate) = self.at_unit(unit as u64) {
                return candidate;
            }
        }
        // A race in which each comes first in proportion to its weight: times until a first event.
        let time = |candidate: &Candidate<'a>| {
            let part = 1.0 - f64::from(route.part());
            -part.ln() / candidate.node().weight()
        };
        let timed = self.iter().map(|candidate| (time(&candidate), candidate));
        let first = timed.min_by(|(one, _), (two, _)| one.total_cmp(two));
        first.map_or(self.first, |(_, candidate)| candidate)
    }

    /// Returns a candidate by chance, each with the same probability.
    ///
    /// As good as always within one or two looks; where most places hold no candidate they are counted.
    #[must_use]
    pub fn sample(&self, route: &Route<'_>) -> Candidate<'a> {
        for _ in 0..DRAWS {
            if let Some(candidate) = self.at(route.draw(self.places())) {
                return candidate;
            }
        }
        let count = self.iter().count();
        self.iter().nth(route.draw(count)).unwrap_or(self.first)
    }
}

impl fmt::Debug for Candidates<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
