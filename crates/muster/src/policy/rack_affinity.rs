//! The nearest nodes first.

use super::{Candidate, Candidates, InScope, Policy, Route};
use crate::{name::NameError, scope::Scope};

/// Prefers the nodes of one's own rack, then those of one's own datacenter, then the rest.
///
/// Short for [`InScope`] with that chain: a rack whose nodes are all out is left at once, one that is
/// overloaded is left by its surplus alone, and both are returned to.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use tower_muster::{Cluster, Node, policy::{PowerOfTwo, RackAffinity, Route}};
///
/// let cluster = Cluster::fixed([
///     Node::new("http://10.0.0.1:8000")?.in_rack("dc1", "rack1")?,
///     Node::new("http://10.0.0.2:8000")?.in_rack("dc1", "rack2")?,
/// ])?;
/// let policy = RackAffinity::new("dc1", "rack2", PowerOfTwo::latency_aware())?;
/// let lease = cluster.pick(&policy, &Route::of(&http::Request::new(())))?;
/// assert_eq!(lease.node().rack(), Some("rack2"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct RackAffinity<P> {
    inner: InScope<P>,
}

impl<P> RackAffinity<P> {
    /// Prefers `rack` of `datacenter`; `inner` chooses among the nearest nodes.
    ///
    /// # Errors
    ///
    /// [`NameError`] if one of the names is empty.
    pub fn new(
        datacenter: impl Into<String>,
        rack: impl Into<String>,
        inner: P,
    ) -> Result<Self, NameError> {
        let datacenter = datacenter.into();
        let scope = Scope::rack(datacenter.clone(), rack).or_datacenter(datacenter);
        Ok(Self {
            inner: InScope::new(scope.or_cluster(), inner)?,
        })
    }
}

impl<P: Policy> Policy for RackAffinity<P> {
    fn pick<'a>(
        &self,
        route: &Route<'_>,
        candidates: &Candidates<'a, '_>,
    ) -> Option<Candidate<'a>> {
        self.inner.pick(route, candidates)
    }
}
