//! Every node of a place, in one order for all clients.

use std::{fmt, ops::Range, sync::Arc};

use super::{Candidate, Candidates};
use crate::{node::Node, scope::Place};

/// Is all nodes of a place in the order of their origins, whether or not they may be chosen.
///
/// For a policy whose choice is to be the same in every client that knows the same nodes, also while some of
/// them look bad to one: it counts nodes here, and asks for each whether it is a candidate.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use tower_muster::{
///     Cluster, Node, Place, Policy,
///     policy::{Candidate, Candidates, Route},
/// };
///
/// /// Sends everything to the same node, and to the next in line while that is out.
/// struct Third;
///
/// impl Policy for Third {
///     fn pick<'a>(&self, _: &Route<'_>, candidates: &Candidates<'a, '_>) -> Option<Candidate<'a>> {
///         let ring = candidates.ring(&Place::Cluster);
///         (0..ring.len()).find_map(|n| ring.candidate((2 + n) % ring.len()))
///     }
/// }
///
/// let nodes = ["http://10.0.0.3:8000", "http://10.0.0.1:8000", "http://10.0.0.2:8000"];
/// let cluster = Cluster::fixed(nodes.into_iter().map(Node::new).collect::<Result<Vec<_>, _>>()?)?;
/// let lease = cluster.pick(&Third, &Route::of(&http::Request::new(())))?;
/// assert_eq!(lease.node().origin().as_str(), "http://10.0.0.3:8000");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy)]
pub struct Ring<'a, 'f> {
    candidates: Candidates<'a, 'f>,
    order: Order<'a>,
}

#[derive(Clone, Copy)]
enum Order<'a> {
    /// A rack stands in the order of its origins.
    Run {
        start: usize,
        len: usize,
    },
    Places(&'a [u32]),
}

impl<'a, 'f> Ring<'a, 'f> {
    pub(super) fn new(candidates: Candidates<'a, 'f>, place: &Place) -> Self {
        let topology = candidates.snapshot.topology();
        let order = match place {
            Place::Rack { datacenter, rack } => {
                let Range { start, end } = topology.rack(datacenter, rack);
                let len = end - start;
                Order::Run { start, len }
            }
            _ => Order::Places(topology.by_origin(place)),
        };
        Self { candidates, order }
    }

    /// Returns the number of nodes.
    #[must_use]
    pub fn len(&self) -> usize {
        match self.order {
            Order::Run { len, .. } => len,
            Order::Places(places) => places.len(),
        }
    }

    /// Tells whether the place has no node.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the node that is `nth` by its origin, counted from 0.
    #[must_use]
    pub fn node(&self, nth: usize) -> Option<&'a Arc<Node>> {
        let place = self.place(nth)?;
        let live = self.candidates.snapshot.live().get(place)?;
        Some(live.node())
    }

    /// Returns the same node as a candidate, if it is one.
    #[must_use]
    pub fn candidate(&self, nth: usize) -> Option<Candidate<'a>> {
        let place = self.place(nth)?;
        let within = self.candidates.start..self.candidates.end;
        within
            .contains(&place)
            .then(|| self.candidates.at(place - within.start))
            .flatten()
    }

    fn place(&self, nth: usize) -> Option<usize> {
        match self.order {
            Order::Run { start, len } => (nth < len).then_some(start + nth),
            Order::Places(places) => Some(*places.get(nth)? as usize),
        }
    }
}

impl fmt::Debug for Ring<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nodes = (0..self.len()).filter_map(|nth| self.node(nth));
        f.debug_list().entries(nodes).finish()
    }
}
