//! The nodes that a policy may choose from.

mod admission;
mod candidate;
mod ring;

use std::{fmt, ops::Range, sync::Arc};

use self::admission::Admission;
pub(crate) use self::admission::is_among;
pub use self::{candidate::Candidate, ring::Ring};
use super::Route;
use crate::{
    cluster::{Gauge, Live, Moment, Snapshot},
    node::Node,
    origin::Origin,
    scope::Place,
};

/// How many times a random place is drawn before the candidates are counted instead.
const DRAWS: usize = 8;

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
    admission: Admission<'f>,
    /// One place that holds a candidate: the proof that the set is not empty.
    first: Candidate<'a>,
}

impl<'a, 'f> Candidates<'a, 'f> {
    #[inline]
    pub(crate) fn of(snapshot: &'a Snapshot, tried: &'f [Arc<Node>], now: Moment) -> Option<Self> {
        let all = 0..snapshot.live().len();
        let admission = Admission::new(tried, now);
        Self::within(snapshot, all, admission).or_else(|| Self::of_more(snapshot, admission))
    }

    #[cold]
    fn of_more(snapshot: &'a Snapshot, mut admission: Admission<'f>) -> Option<Self> {
        loop {
            admission = admission.wider()?;
            let all = 0..snapshot.live().len();
            let candidates = Self::within(snapshot, all, admission);
            if candidates.is_some() {
                return candidates;
            }
        }
    }

    #[inline]
    fn within(
        snapshot: &'a Snapshot,
        places: Range<usize>,
        admission: Admission<'f>,
    ) -> Option<Self> {
        let Range { start, end } = places;
        let first = seats(snapshot, start, end).find(|seat| admission.admits(seat.live))?;
        Some(Self {
            snapshot,
            start,
            end,
            admission,
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
            .then(|| Self::within(self.snapshot, start..end, self.admission))
            .flatten()
    }

    /// Returns the candidates for which `condition` holds, if there are any.
    #[must_use]
    pub fn retain<'g>(
        &'g self,
        condition: &'g (dyn Fn(&Node) -> bool + 'g),
    ) -> Option<Candidates<'a, 'g>> {
        let admission = self.admission.keeping(condition);
        Candidates::within(self.snapshot, self.start..self.end, admission)
    }

    /// Returns the candidates together with those that were left out for the next weaker reason: that
    /// their rack has failed this call twice, then that they are not well. `None` once nobody is left out.
    ///
    /// For a policy that would rather try such a node than leave its own place.
    #[must_use]
    pub fn wider(&self) -> Option<Self> {
        let admission = self.admission.wider()?;
        Some(Self { admission, ..*self })
    }

    /// Returns some candidate, at no cost.
    #[must_use]
    pub fn any(&self) -> Candidate<'a> {
        self.first
    }

    /// Returns the candidates in the topology's order.
    pub fn iter(&self) -> impl Iterator<Item = Candidate<'a>> + use<'a, 'f> {
        let admission = self.admission;
        seats(self.snapshot, self.start, self.end).filter(move |seat| admission.admits(seat.live))
    }

    /// What every candidate is measured against.
    pub(crate) fn gauge(&self) -> Gauge {
        Gauge::of(self.snapshot.usual().limits(), self.admission.now)
    }

    /// How many requests a second go to the whole cluster, from this process.
    pub(crate) fn rate(&self) -> f32 {
        self.snapshot.usual().rate()
    }

    /// The nodes of all places, whether or not they are candidates.
    pub(crate) fn seats(&self) -> &'a [Arc<Live>] {
        &self.snapshot.live()[self.start..self.end]
    }

    /// Whether every node that is well is a candidate.
    pub(crate) fn is_open(&self) -> bool {
        self.admission.is_open()
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
        self.admission.admits(seat.live).then_some(seat)
    }

    /// Returns the candidate with an origin, unless there is none.
    ///
    /// For a policy that knows by itself where a request belongs.
    #[must_use]
    pub fn find(&self, origin: &Origin) -> Option<Candidate<'a>> {
        let place = self.snapshot.topology().find(origin)?;
        self.at(place.checked_sub(self.start)?)
    }

    /// Returns all nodes of a place in the order of their origins, whether or not they are candidates.
    #[must_use]
    pub fn ring(&self, place: &Place) -> Ring<'a, 'f> {
        Ring::new(*self, place)
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

/// The nodes from one place to another, whether or not they may be chosen.
fn seats(snapshot: &Snapshot, start: usize, end: usize) -> impl Iterator<Item = Candidate<'_>> {
    let live = snapshot.live()[start..end].iter();
    live.zip(start..)
        .map(|(live, place)| Candidate { live, place })
}
