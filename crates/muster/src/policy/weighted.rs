//! Nodes of different size.

use super::{Candidate, Candidates, Policy, PowerOfTwo, Random, RoundRobin, Route};

/// Lets a node take as much more of the load as it [weighs](crate::Node::weighted).
///
/// - Of [`PowerOfTwo`]: two nodes are drawn in proportion to their weights, or all are looked at, and the
///   one with less in flight for its weight is chosen. By how they answer nodes are told apart as without
///   weights.
/// - Of [`RoundRobin`]: the turns of a node that weighs three are spread evenly among those of others, not
///   in a row. They follow the golden ratio's multiples, whose parts after the point fall into every gap
///   in turn (Weyl, 1916).
/// - Of [`Random`]: in proportion.
///
/// Nodes that all weigh the same are chosen as by the policy itself. A choice takes a binary search over
/// sums that were made with the list.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use tower_muster::{Cluster, Node, policy::{PowerOfTwo, Weighted, Route}};
///
/// let cluster = Cluster::fixed([
///     Node::new("http://10.0.0.1:8000")?,
///     Node::new("http://10.0.0.2:8000")?.weighted(3.0)?,
/// ])?;
/// let policy = Weighted::new(PowerOfTwo::latency_aware());
/// # cluster.pick(&policy, &Route::of(&http::Request::new(())))?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Weighted<P> {
    inner: P,
}

impl<P> Weighted<P> {
    /// Weighs the choice of `inner`.
    pub fn new(inner: P) -> Self {
        Self { inner }
    }
}

impl Policy for Weighted<Random> {
    fn pick<'a>(
        &self,
        route: &Route<'_>,
        candidates: &Candidates<'a, '_>,
    ) -> Option<Candidate<'a>> {
        Some(candidates.sample_by_weight(route))
    }
}

/// The golden ratio's part after the point, in parts of 2^64: a turn's distance from the one before.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

impl Policy for Weighted<RoundRobin> {
    fn pick<'a>(
        &self,
        route: &Route<'_>,
        candidates: &Candidates<'a, '_>,
    ) -> Option<Candidate<'a>> {
        if !candidates.are_weighted() {
            return self.inner.pick(route, candidates);
        }
        let turn = (self.inner.turn() as u64).wrapping_mul(GOLDEN);
        let candidate = candidates.at_weight(turn);
        Some(candidate.unwrap_or_else(|| candidates.sample_by_weight(route)))
    }
}

impl Policy for Weighted<PowerOfTwo> {
    fn pick<'a>(
        &self,
        route: &Route<'_>,
        candidates: &Candidates<'a, '_>,
    ) -> Option<Candidate<'a>> {
        match candidates.are_weighted() {
            true => Some(self.inner.pick_by_weight(route, candidates)),
            false => self.inner.pick(route, candidates),
        }
    }
}
