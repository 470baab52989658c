//! The nearest nodes first.

use super::{Candidate, Candidates, Policy, Route};
use crate::name::{Name, NameError};

/// Prefers the nodes of one's own rack, then those of one's own datacenter, then the rest.
///
/// An inner policy chooses among the nearest there are. A rack whose nodes are all out is left at once,
/// within the very call that finds them out, and returned to as soon as one is well again.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use tower_muster::{Cluster, Node, policy::{PowerOfTwo, RackAffinity, Route}};
///
/// let cluster = Cluster::fixed([
///     Node::new("http://10.0.0.1:8000")?.in_rack("dc1", "rack1")?,
///     Node::new("http://10.0.0.2:8000")?.in_rack("dc1", "rack2")?,
/// ])?;
/// let policy = RackAffinity::new("dc1", "rack2", PowerOfTwo::least_in_flight())?;
/// let lease = cluster.pick(&policy, &Route::of(&http::Request::new(())))?;
/// assert_eq!(lease.node().rack(), Some("rack2"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct RackAffinity<P> {
    datacenter: Name,
    rack: Name,
    inner: P,
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
        Ok(Self {
            datacenter: Name::new("datacenter", datacenter)?,
            rack: Name::new("rack", rack)?,
            inner,
        })
    }
}

impl<P: Policy> Policy for RackAffinity<P> {
    fn pick<'a>(
        &self,
        route: &Route<'_>,
        candidates: &Candidates<'a, '_>,
    ) -> Option<Candidate<'a>> {
        let (datacenter, rack) = (self.datacenter.as_str(), self.rack.as_str());
        let nearest = candidates
            .in_rack(datacenter, rack)
            .or_else(|| candidates.in_datacenter(datacenter))
            .unwrap_or(*candidates);
        self.inner.pick(route, &nearest)
    }
}
