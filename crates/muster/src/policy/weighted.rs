//! Nodes of different size.

use super::{Candidate, Candidates, Policy, PowerOfTwo, Random, RoundRobin, Route};
use crate::topology::greatest_common_divisor;

/// Lets a node take as much more of the load as it [weighs](crate::Node::weighted).
///
/// - Of [`PowerOfTwo`]: two nodes are drawn in proportion to their weights, or all are looked at, and the
///   one with less in flight for its weight is chosen. By how they answer nodes are told apart as without
///   weights. While less is in flight than there are nodes, light ones get more than their part: an idle node
///   is taken before a busy one, whatever it weighs.
/// - Of [`RoundRobin`]: the turns of a node that weighs three are spread evenly among those of others, not
///   in a row: in steps of about the golden ratio's part, which fall into every gap in turn (Weyl, 1916). With
///   weights of 3 and 1, every four turns are exactly three and one.
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

impl Policy for Weighted<RoundRobin> {
    fn pick<'a>(
        &self,
        route: &Route<'_>,
        candidates: &Candidates<'a, '_>,
    ) -> Option<Candidate<'a>> {
        if !candidates.are_weighted() {
            return self.inner.pick(route, candidates);
        }
        let unit = spread(self.inner.turn() as u64, candidates.units());
        let candidate = candidates.at_unit(unit);
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

/// Which of so many units has its turn: each once in so many turns, and neighbours far apart.
fn spread(turn: u64, units: u64) -> u64 {
    // The golden ratio's part after the point, in parts of 2^64.
    const GOLDEN: u128 = 0x9e37_79b9_7f4a_7c15;
    let nearest = ((u128::from(units) * GOLDEN) >> 64) as u64;
    // A step that shares no divisor with the units comes to each of them before it comes back; one more than
    // their number is such a step, so the search ends.
    let mut steps = nearest.max(1)..=units + 1;
    let step = steps.find(|step| greatest_common_divisor(*step, units) == 1);
    let product = u128::from(turn % units) * u128::from(step.unwrap_or(1));
    (product % u128::from(units)) as u64
}
