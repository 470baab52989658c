//! Only some nodes.

use std::fmt;

use super::{Candidate, Candidates, Policy, Route};
use crate::node::Node;

/// Offers an inner policy only the nodes that a condition holds for.
///
/// Where it holds for none that is well, those that are not are offered; where it holds for none at all,
/// the policy declines, and [`FirstOf`](super::FirstOf) may ask another. The condition is asked about each
/// node that is looked at: it should be cheap. For racks and datacenters [`InScope`](super::InScope) is
/// cheaper, and falls back.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use tower_muster::{Cluster, Node, policy::{Filter, PowerOfTwo, Route}};
///
/// let cluster = Cluster::fixed([
///     Node::new("http://10.0.0.1:8000")?,
///     Node::new("http://10.0.0.2:9000")?,
/// ])?;
/// let on_9000 = |_: &Route<'_>, node: &Node| node.origin().authority().port_u16() == Some(9000);
/// let policy = Filter::new(on_9000, PowerOfTwo::latency_aware());
/// let lease = cluster.pick(&policy, &Route::of(&http::Request::new(())))?;
/// assert_eq!(lease.node().origin().as_str(), "http://10.0.0.2:9000");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy)]
pub struct Filter<F, P> {
    condition: F,
    inner: P,
}

impl<F, P> Filter<F, P>
where
    F: Fn(&Route<'_>, &Node) -> bool,
{
    /// Offers `inner` the nodes for which `condition` holds.
    pub fn new(condition: F, inner: P) -> Self {
        Self { condition, inner }
    }
}

impl<F, P> Policy for Filter<F, P>
where
    F: Fn(&Route<'_>, &Node) -> bool + Send + Sync + 'static,
    P: Policy,
{
    fn pick<'a>(
        &self,
        route: &Route<'_>,
        candidates: &Candidates<'a, '_>,
    ) -> Option<Candidate<'a>> {
        let holds = |node: &Node| (self.condition)(route, node);
        self.inner.pick(route, &candidates.retain(&holds)?)
    }
}

impl<F, P: fmt::Debug> fmt::Debug for Filter<F, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Filter")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}
