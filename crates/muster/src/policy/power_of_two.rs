//! The better of two, or of all where there are few.

use super::{Candidate, Candidates, Policy, Route};

/// Up to this many places all candidates are looked at: it costs no more than two cache misses in a
/// large cluster, and halves the tail in a small one.
const SCAN: usize = 16;

/// Chooses the less loaded of two nodes that are drawn by chance.
///
/// "The Power of Two Choices in Randomized Load Balancing" (Mitzenmacher, 2001): the most loaded node
/// stays exponentially closer to the mean than with one draw, and clients that cannot see each other do
/// not all run to the same idle node. With 16 nodes or fewer all of them are looked at. Ties are broken
/// by chance.
///
/// ```
/// use tower_muster::policy::PowerOfTwo;
///
/// let policy = PowerOfTwo::latency_aware();
/// # let _ = policy;
/// ```
#[derive(Debug, Clone, Copy)]
pub struct PowerOfTwo {
    load: Load,
}

#[derive(Debug, Clone, Copy)]
enum Load {
    InFlight,
    Latency,
}

impl PowerOfTwo {
    /// Compares nodes by their requests in flight from this process.
    #[must_use]
    pub fn least_in_flight() -> Self {
        Self {
            load: Load::InFlight,
        }
    }

    /// Compares nodes by their requests in flight from this process, and by how they answer.
    ///
    /// A node within twice of what is usual counts by its requests in flight alone. One that is slower,
    /// or silent, costs so much more, and one that answers badly more than any other. Such a node is asked
    /// again by one request at a time, in intervals that double from a quarter of a second up to eight
    /// seconds while it stays so.
    #[must_use]
    pub fn latency_aware() -> Self {
        Self {
            load: Load::Latency,
        }
    }
}

impl Default for PowerOfTwo {
    /// Aware of latency: with many clients each sees too few requests in flight to choose by them.
    fn default() -> Self {
        Self::latency_aware()
    }
}

impl Policy for PowerOfTwo {
    fn pick<'a>(
        &self,
        route: &Route<'_>,
        candidates: &Candidates<'a, '_>,
    ) -> Option<Candidate<'a>> {
        let chance = route.chance();
        let few = candidates.places() <= SCAN;
        let two = || [candidates.sample(route), candidates.sample(route)].into_iter();
        let choice = match (self.load, few) {
            (Load::InFlight, true) => least_in_flight(chance, candidates.iter()),
            (Load::InFlight, false) => least_in_flight(chance, two()),
            (Load::Latency, true) => {
                let gauge = candidates.gauge();
                cheapest(route, chance, candidates.glances(&gauge))
            }
            (Load::Latency, false) => {
                let gauge = candidates.gauge();
                let two = two().map(|candidate| (candidate, candidate.glance(&gauge)));
                cheapest(route, chance, two)
            }
        };
        // There always is one; a candidate at no cost where a race took the last away.
        Some(choice.unwrap_or(candidates.any()))
    }
}

fn least_in_flight<'a>(
    chance: u64,
    candidates: impl Iterator<Item = Candidate<'a>>,
) -> Option<Candidate<'a>> {
    let (mut best, mut least) = (None, u64::MAX);
    for (place, candidate) in (0..).zip(candidates) {
        let key = u64::from(candidate.in_flight()) << 32 | tie(chance, place);
        if key < least {
            (best, least) = (Some(candidate), key);
        }
    }
    best
}

/// The candidate that costs least, or one that is to be asked whether it is better again.
fn cheapest<'a>(
    route: &Route<'_>,
    chance: u64,
    candidates: impl Iterator<Item = (Candidate<'a>, Option<f32>)>,
) -> Option<Candidate<'a>> {
    let (mut best, mut least) = (None, u64::MAX);
    for (place, (candidate, glance)) in (0..).zip(candidates) {
        let cost = match glance {
            Some(cost) => cost,
            None if route.attempt() == 1 && candidate.claims_probe(route.now()) => {
                return Some(candidate);
            }
            None => candidate.cost(route.now()),
        };
        // Costs are positive, so their bits are in the same order.
        let key = u64::from(cost.to_bits()) << 32 | tie(chance, place);
        if key < least {
            (best, least) = (Some(candidate), key);
        }
    }
    best
}

/// A number by chance for one place, so that ties are broken without a favourite: other bits of one draw
/// come first for each of up to [`SCAN`] places.
fn tie(chance: u64, place: u32) -> u64 {
    chance.rotate_left(4 * place) >> 32
}
