//! Sends what writes a key to that key's node.

use tower_muster::{
    NameError, Place, Policy, Scope,
    policy::{Candidate, Candidates, Ring, Route},
};

use super::{KeyHash, PartitionKeys, keys::MOST_KEYS};

/// How many nodes are drawn before the rest is tried in the order of the ring.
const MOST_DRAWN: usize = 64;

/// Sends each request with [`PartitionKeys`] to the node of its keys.
///
/// Another policy chooses for the others, and where none of the keys' nodes may be chosen.
///
/// The nodes of a key are all those of a datacenter, in an order that the key's hash makes of them: the
/// same in every client that knows the same nodes. The first is chosen, and the next one while that is out
/// or once this call has tried it. Of a batch each key has a vote, and the node with most votes is chosen;
/// of as many, the first by origin.
///
/// A rack is widened to its datacenter, since clients in different racks have to agree. So writes may leave
/// the rack that reads keep to:
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use tower_muster::{
///     Cluster, Node, Scope,
///     policy::{PowerOfTwo, RackAffinity, Route},
/// };
/// use tower_muster_alternator::affinity::{KeyAffinity, KeyHash, PartitionKeys};
///
/// let cluster = Cluster::fixed([
///     Node::new("http://10.0.0.1:8000")?.in_rack("dc1", "rack1")?,
///     Node::new("http://10.0.0.2:8000")?.in_rack("dc1", "rack2")?,
/// ])?;
/// let scope = Scope::rack("dc1", "rack1").or_datacenter("dc1");
/// let near = RackAffinity::new("dc1", "rack1", PowerOfTwo::latency_aware())?;
/// let policy = KeyAffinity::new(&scope, near)?;
///
/// let read = http::Request::new(());
/// assert_eq!(cluster.pick(&policy, &Route::of(&read))?.node().rack(), Some("rack1"));
///
/// let mut write = http::Request::new(());
/// write.extensions_mut().insert(PartitionKeys::of(KeyHash::string("12345")));
/// assert_eq!(cluster.pick(&policy, &Route::of(&write))?.node().rack(), Some("rack2"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct KeyAffinity<P> {
    rings: Box<[Place]>,
    otherwise: P,
}

impl<P> KeyAffinity<P> {
    /// Takes the nodes of keys from the first place of `scope` that has any.
    ///
    /// A rack stands for its datacenter. `otherwise` chooses for what has no key.
    ///
    /// # Errors
    ///
    /// [`NameError`] if a datacenter or rack is an empty name.
    pub fn new(scope: &Scope, otherwise: P) -> Result<Self, NameError> {
        scope.check()?;
        let mut rings = Vec::new();
        for place in scope.places() {
            let ring = widened(place);
            if !rings.contains(&ring) {
                rings.push(ring);
            }
        }
        Ok(Self {
            rings: rings.into(),
            otherwise,
        })
    }

    fn ring<'a, 'f>(&self, candidates: &Candidates<'a, 'f>) -> Option<Ring<'a, 'f>> {
        let mut rings = self.rings.iter().map(|place| candidates.ring(place));
        rings.find(|ring| !ring.is_empty())
    }

    fn by_keys<'a>(
        &self,
        route: &Route<'_>,
        candidates: &Candidates<'a, '_>,
    ) -> Option<Candidate<'a>> {
        let keys = route.extensions().get::<PartitionKeys>()?;
        match keys.hashes() {
            _ if !keys.are_sent_by() => None,
            [] => None,
            [hash] => by_hash(*hash, &self.ring(candidates)?),
            hashes => by_votes(hashes, &self.ring(candidates)?),
        }
    }
}

impl<P: Policy> Policy for KeyAffinity<P> {
    fn pick<'a>(
        &self,
        route: &Route<'_>,
        candidates: &Candidates<'a, '_>,
    ) -> Option<Candidate<'a>> {
        let candidate = self.by_keys(route, candidates);
        candidate.or_else(|| self.otherwise.pick(route, candidates))
    }
}

fn widened(place: &Place) -> Place {
    match place {
        Place::Rack { datacenter, .. } => Place::Datacenter {
            datacenter: datacenter.clone(),
        },
        wide => wide.clone(),
    }
}

fn by_hash<'a>(hash: KeyHash, ring: &Ring<'a, '_>) -> Option<Candidate<'a>> {
    let first = hash.preferred(ring.len())?;
    ring.candidate(first).or_else(|| {
        let mut order = hash.order(ring.len()).take(MOST_DRAWN).skip(1);
        let drawn = order.find_map(|nth| ring.candidate(nth));
        drawn.or_else(|| first_of(ring))
    })
}

fn by_votes<'a>(hashes: &[KeyHash], ring: &Ring<'a, '_>) -> Option<Candidate<'a>> {
    let mut votes = [0; MOST_KEYS];
    let mut count = 0;
    for (vote, hash) in votes.iter_mut().zip(hashes) {
        *vote = hash.preferred(ring.len())?;
        count += 1;
    }
    let votes = &mut votes[..count];
    votes.sort_unstable();
    let (mut most, mut chosen) = (0, None);
    // Equal votes stand together, those for the first node by origin first.
    for votes in votes.chunk_by(usize::eq) {
        if votes.len() > most
            && let Some(candidate) = ring.candidate(votes[0])
        {
            (most, chosen) = (votes.len(), Some(candidate));
        }
    }
    chosen.or_else(|| first_of(ring))
}

fn first_of<'a>(ring: &Ring<'a, '_>) -> Option<Candidate<'a>> {
    (0..ring.len()).find_map(|nth| ring.candidate(nth))
}

#[cfg(test)]
mod tests;
