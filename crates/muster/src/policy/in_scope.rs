//! The nearest place first, and no other than those named.

use super::{Candidate, Candidates, Policy, Route, spill::Spill};
use crate::{
    name::NameError,
    scope::{Place, Scope},
};

/// Prefers the first place of a [`Scope`], falls back along its chain, and never leaves it.
///
/// A place is left
/// - when none of its nodes is well, within the very call that finds them out, and returned to as soon as
///   one is well again;
/// - when it is a rack whose nodes take more than three times as long as those of the next place in the same
///   datacenter: then as much of the load leaves as is needed, and comes home by itself. A surplus never leaves its
///   datacenter: what another one answers may be older, and what it is told may be overtaken.
///
/// When no node of the whole chain is well, those of the nearest place are tried all the same. An inner
/// policy chooses within the place.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use tower_muster::{Cluster, NoNode, Node, Scope, policy::{InScope, PowerOfTwo, Route}};
///
/// let cluster = Cluster::fixed([
///     Node::new("http://10.0.0.1:8000")?.in_rack("dc1", "rack1")?,
///     Node::new("http://10.0.0.2:8000")?.in_rack("dc2", "rack1")?,
/// ])?;
/// let request = http::Request::new(());
/// let near = |scope| InScope::new(scope, PowerOfTwo::latency_aware());
///
/// let policy = near(Scope::rack("dc2", "rack7").or_datacenter("dc2"))?;
/// let lease = cluster.pick(&policy, &Route::of(&request))?;
/// assert_eq!(lease.node().datacenter(), Some("dc2"));
///
/// let policy = near(Scope::rack("dc2", "rack7"))?;
/// let nowhere = cluster.pick(&policy, &Route::of(&request));
/// assert!(matches!(nowhere, Err(NoNode::Declined)));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct InScope<P> {
    scope: Scope,
    inner: P,
    /// For each place but the last, what leaves it for the next.
    spills: Box<[Spill]>,
}

impl<P> InScope<P> {
    /// Keeps to `scope`; `inner` chooses within its places.
    ///
    /// # Errors
    ///
    /// [`NameError`] if a datacenter or rack is an empty name.
    pub fn new(scope: Scope, inner: P) -> Result<Self, NameError> {
        scope.check()?;
        let spills = scope.places()[1..].iter().map(|_| Spill::default());
        Ok(Self {
            spills: spills.collect(),
            scope,
            inner,
        })
    }
}

/// What of the next place is near enough for a surplus: a rack's own datacenter. Another one has replicas of its own,
/// which may lag, and is for when there is no choice.
fn beside<'a, 'f>(place: &Place, wider: &Candidates<'a, 'f>) -> Option<Candidates<'a, 'f>> {
    match place {
        Place::Rack { datacenter, .. } => wider.in_datacenter(datacenter),
        _ => None,
    }
}

impl<P: Policy> Policy for InScope<P> {
    fn pick<'a>(
        &self,
        route: &Route<'_>,
        candidates: &Candidates<'a, '_>,
    ) -> Option<Candidate<'a>> {
        let places = self.scope.places();
        let mut well = places
            .iter()
            .enumerate()
            .filter_map(|(number, place)| Some((number, candidates.in_place(place)?)));
        let (number, home) = well.next()?;
        let wider = well
            .next()
            .and_then(|(_, wider)| beside(&places[number], &wider));
        if let (Some(spill), Some(wider)) = (self.spills.get(number), wider) {
            if spill.leaves(route, &places[number], &home, &wider) {
                let outside = |node: &_| !places[number].holds(node);
                if let Some(outside) = wider.retain(&outside) {
                    return self.inner.pick(route, &outside);
                }
            }
        }
        self.inner.pick(route, &home)
    }
}
