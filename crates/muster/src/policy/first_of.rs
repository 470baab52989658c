//! One policy, and another where the first declines.

use super::{Candidate, Candidates, Policy, Route};

/// Asks a first policy, and a second one where the first declines.
///
/// More than two nest: `FirstOf::new(a, FirstOf::new(b, c))`. Where all decline, all are asked again about
/// the nodes that are not well, in the same order.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use tower_muster::{
///     Cluster, Node,
///     policy::{Filter, FirstOf, PowerOfTwo, Random, Route},
/// };
///
/// let cluster = Cluster::fixed([Node::new("http://10.0.0.1:8000")?])?;
/// let tls = Filter::new(
///     |_: &Route<'_>, node: &Node| node.origin().scheme().as_str() == "https",
///     PowerOfTwo::latency_aware(),
/// );
/// let policy = FirstOf::new(tls, Random::new());
/// assert!(cluster.pick(&policy, &Route::of(&http::Request::new(()))).is_ok());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct FirstOf<A, B> {
    first: A,
    second: B,
}

impl<A, B> FirstOf<A, B> {
    /// Asks `first`, then `second`.
    pub fn new(first: A, second: B) -> Self {
        Self { first, second }
    }
}

impl<A: Policy, B: Policy> Policy for FirstOf<A, B> {
    fn pick<'a>(
        &self,
        route: &Route<'_>,
        candidates: &Candidates<'a, '_>,
    ) -> Option<Candidate<'a>> {
        let first = self.first.pick(route, candidates);
        first.or_else(|| self.second.pick(route, candidates))
    }
}
