//! The same node for the same key.

mod bound;
mod key;

use std::fmt;

use self::bound::Bound;
pub use self::{bound::BoundError, key::AffinityKey};
use super::{Candidate, Candidates, Policy, Route};

/// Chooses the same node for the same key, in every process that knows the same nodes.
///
/// Each node gets a number for the key, and the highest wins: "highest random weight" (Thaler and Ravishankar,
/// 1998). A node that leaves gives its keys to all others evenly, and no other key moves; one that comes
/// takes an even part from each. A call whose node failed goes to the next in line, and so do the keys of a
/// node that is out, until it is back. [Weights](crate::Node::weighted) scale a node's part (Mosko's and
/// Schindelhauer's logarithmic method).
///
/// The key is taken from the request's extensions, where a layer above has put an [`AffinityKey`]; or as
/// [`by`](Self::by) says. Requests without one are chosen for by another policy.
///
/// Numbers depend on the nodes' origins and on nothing else: not on the version of Rust or of this crate, nor
/// on the order of a list. They are FNV-1a of the origin's text, with the finalizer of splitmix64.
///
/// A choice looks at every node, some seven nanoseconds each, and twice that where weights differ or a bound is
/// kept: for hundreds of nodes, not for ten thousand.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use tower_muster::{
///     Cluster, Node,
///     policy::{AffinityKey, PowerOfTwo, Rendezvous, Route},
/// };
///
/// let cluster = Cluster::fixed([
///     Node::new("http://10.0.0.1:8000")?,
///     Node::new("http://10.0.0.2:8000")?,
/// ])?;
/// let policy = Rendezvous::new(PowerOfTwo::latency_aware());
/// let mut request = http::Request::new(());
/// request.extensions_mut().insert(AffinityKey::of(b"user 7"));
/// let home = cluster.pick(&policy, &Route::of(&request))?.node().clone();
/// for _ in 0..10 {
///     assert_eq!(cluster.pick(&policy, &Route::of(&request))?.node(), &home);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy)]
pub struct Rendezvous<P, K = fn(&Route<'_>) -> Option<AffinityKey>> {
    key: K,
    otherwise: P,
    bound: Option<Bound>,
}

impl<P> Rendezvous<P> {
    /// Chooses by the key in the request's extensions, and by `otherwise` where there is none.
    pub fn new(otherwise: P) -> Self {
        Self::by(|route| route.extensions().get().copied(), otherwise)
    }
}

impl<P, K> Rendezvous<P, K>
where
    K: Fn(&Route<'_>) -> Option<AffinityKey>,
{
    /// Chooses by what `key` makes of the request, and by `otherwise` where that is nothing.
    pub fn by(key: K, otherwise: P) -> Self {
        Self {
            key,
            otherwise,
            bound: None,
        }
    }

    /// Sends what a node has too much of to the next in line.
    ///
    /// No node gets a request while it has `bound` times its fair part of what is in flight from this
    /// process, rounded up: "Consistent Hashing with Bounded Loads" (Mirrokni, Thorup, Zadimoghaddam, 2016).
    /// At 1.25 a hot key spreads early; at 2 keys stay at home longer.
    ///
    /// # Errors
    ///
    /// [`BoundError`] if `bound` is not a finite number above 1.
    pub fn bounded(mut self, bound: f64) -> Result<Self, BoundError> {
        self.bound = Some(Bound::new(bound)?);
        Ok(self)
    }
}

impl<P, K> Policy for Rendezvous<P, K>
where
    P: Policy,
    K: Fn(&Route<'_>) -> Option<AffinityKey> + Send + Sync + 'static,
{
    fn pick<'a>(
        &self,
        route: &Route<'_>,
        candidates: &Candidates<'a, '_>,
    ) -> Option<Candidate<'a>> {
        let Some(key) = (self.key)(route) else {
            return self.otherwise.pick(route, candidates);
        };
        let has_room = self.bound.map(|bound| bound.among(candidates));
        let with_room =
            |candidate: &Candidate<'_>| has_room.is_none_or(|has_room| has_room.at(candidate));
        // The bound is above the mean, so somebody has room; but others begin requests meanwhile.
        let first_in_line = match candidates.are_weighted() {
            true => first_by_weight,
            false => first_of_equals,
        };
        let first = first_in_line(key, &mut candidates.iter().filter(with_room));
        first.or_else(|| first_in_line(key, &mut candidates.iter()))
    }
}

type Line<'l, 'a> = &'l mut dyn Iterator<Item = Candidate<'a>>;

fn first_by_weight<'a>(key: AffinityKey, line: Line<'_, 'a>) -> Option<Candidate<'a>> {
    let ranked = line.map(|candidate| (key.rank(candidate.node()), candidate));
    let first = ranked.min_by(|(one, _), (two, _)| one.total_cmp(two));
    first.map(|(_, candidate)| candidate)
}

/// The same where all weigh the same, without their logarithms: whole numbers are also the same on every
/// machine.
fn first_of_equals<'a>(key: AffinityKey, line: Line<'_, 'a>) -> Option<Candidate<'a>> {
    line.max_by_key(|candidate| key.draw(candidate.node()))
}

impl<P: fmt::Debug, K> fmt::Debug for Rendezvous<P, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rendezvous")
            .field("otherwise", &self.otherwise)
            .field("bound", &self.bound)
            .finish_non_exhaustive()
    }
}
