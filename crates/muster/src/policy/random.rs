//! Any node.

use super::{Candidate, Candidates, Policy, Route};

/// Chooses a node by chance, each with the same probability.
///
/// It looks at nothing but who is well: a baseline, and right where requests cost next to nothing. Two
/// draws are exponentially better than one; see [`PowerOfTwo`](super::PowerOfTwo).
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use tower_muster::{Cluster, Node, policy::{Random, Route}};
///
/// let cluster = Cluster::fixed([Node::new("http://10.0.0.1:8000")?])?;
/// let lease = cluster.pick(&Random::new(), &Route::of(&http::Request::new(())))?;
/// assert_eq!(lease.node().origin().as_str(), "http://10.0.0.1:8000");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Random(());

impl Random {
    /// Makes the policy.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl Policy for Random {
    fn pick<'a>(
        &self,
        route: &Route<'_>,
        candidates: &Candidates<'a, '_>,
    ) -> Option<Candidate<'a>> {
        Some(candidates.sample(route))
    }
}
