//! The nodes of a cluster at one moment.

#[cfg(feature = "select")]
mod by_origin;

use std::{error::Error, fmt, ops::Range, sync::Arc};

#[cfg(feature = "select")]
use self::by_origin::ByOrigin;
#[cfg(feature = "select")]
use crate::origin::Origin;
use crate::{node::Node, scope::Place};

/// Bounds how many nodes one topology may hold.
///
/// A list that is longer is a mistake or an attack, not a cluster: ScyllaDB's own Java client refuses
/// node lists above the same number (`LiveNodesPollingLimits`).
pub const MAX_NODES: usize = 10_000;

/// Is an immutable list of nodes, grouped by datacenter and rack.
///
/// Nodes stand in canonical order (datacenter, rack, origin), each origin once, so that every client
/// that knows the same nodes counts them the same way.
#[derive(Debug, Clone)]
pub struct Topology {
    version: u64,
    nodes: Box<[Arc<Node>]>,
    racks: Box<[Rack]>,
    /// The weight of all nodes before each place, and of all, in units of which each node has a whole number;
    /// empty if all weigh the same.
    #[cfg(feature = "select")]
    weights: Box<[u64]>,
    #[cfg(feature = "select")]
    by_origin: ByOrigin,
}

/// A run of nodes that share datacenter and rack.
#[derive(Debug, Clone)]
struct Rack {
    start: usize,
    end: usize,
}

impl Topology {
    /// Makes a topology of `nodes`; of several with one origin the first stays.
    ///
    /// # Errors
    ///
    /// [`TopologyError`] if there are more than [`MAX_NODES`].
    pub fn new(nodes: impl IntoIterator<Item = Node>) -> Result<Self, TopologyError> {
        Self::collect(nodes.into_iter().map(Arc::new))
    }

    fn collect(nodes: impl Iterator<Item = Arc<Node>>) -> Result<Self, TopologyError> {
        // One more than the bound is enough to know that it is passed.
        let mut nodes: Vec<_> = nodes.take(MAX_NODES + 1).collect();
        if nodes.len() > MAX_NODES {
            return Err(TopologyError { limit: MAX_NODES });
        }
        // A stable sort, so that the first of several spellings stays the first.
        nodes.sort_by(|a, b| a.origin().cmp(b.origin()));
        nodes.dedup_by(|later, earlier| later.origin() == earlier.origin());
        let mut ranked: Vec<(u32, Arc<Node>)> = (0..).zip(nodes).collect();
        ranked.sort_by(|(a_rank, a), (b_rank, b)| {
            (a.datacenter(), a.rack(), a_rank).cmp(&(b.datacenter(), b.rack(), b_rank))
        });
        #[cfg(feature = "select")]
        let by_origin = ByOrigin::of(&ranked);
        let nodes: Vec<_> = ranked.into_iter().map(|(_, node)| node).collect();
        let racks = racks(&nodes);
        Ok(Self {
            version: 0,
            #[cfg(feature = "select")]
            weights: weights(&nodes),
            #[cfg(feature = "select")]
            by_origin,
            nodes: nodes.into(),
            racks,
        })
    }

    /// Returns how many other lists of nodes came before this one.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Returns the nodes in canonical order.
    #[must_use]
    pub fn nodes(&self) -> &[Arc<Node>] {
        &self.nodes
    }

    /// Returns the number of nodes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Tells whether there is no node.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Returns where the node with an origin stands in [`nodes`](Self::nodes), if it is there.
    #[cfg(feature = "select")]
    #[must_use]
    pub fn find(&self, origin: &Origin) -> Option<usize> {
        self.by_origin.find(origin, &self.nodes)
    }

    /// Returns where the nodes of a datacenter stand in [`nodes`](Self::nodes).
    #[must_use]
    pub fn datacenter(&self, datacenter: &str) -> Range<usize> {
        self.run(|node| node.datacenter() == Some(datacenter))
    }

    /// Returns where the nodes of a rack stand in [`nodes`](Self::nodes).
    #[must_use]
    pub fn rack(&self, datacenter: &str, rack: &str) -> Range<usize> {
        self.run(|node| node.rack() == Some(rack) && node.datacenter() == Some(datacenter))
    }

    /// Returns where the nodes of a place stand in [`nodes`](Self::nodes).
    #[must_use]
    pub fn place(&self, place: &Place) -> Range<usize> {
        match place {
            Place::Rack { datacenter, rack } => self.rack(datacenter, rack),
            Place::Datacenter { datacenter } => self.datacenter(datacenter),
            Place::Cluster => 0..self.len(),
        }
    }

    /// The racks, of which a cluster has few, whose first node is one of those wanted.
    fn run(&self, wanted: impl Fn(&Node) -> bool) -> Range<usize> {
        let mut racks = self
            .racks
            .iter()
            .filter(|rack| wanted(&self.nodes[rack.start]));
        match racks.next() {
            None => 0..0,
            Some(first) => first.start..racks.last().unwrap_or(first).end,
        }
    }
}

#[cfg(feature = "select")]
impl Topology {
    pub(crate) fn empty() -> Self {
        Self {
            version: 0,
            nodes: Box::default(),
            racks: Box::default(),
            weights: Box::default(),
            by_origin: ByOrigin::default(),
        }
    }

    /// Where the nodes of a datacenter, or all, stand in the order of their origins.
    pub(crate) fn by_origin(&self, place: &Place) -> &[u32] {
        self.by_origin.run(self.place(place))
    }

    /// The topology that follows this one; nodes that are `known` and did not change are shared with it.
    pub(crate) fn successor<'a>(
        &self,
        nodes: impl IntoIterator<Item = Node>,
        known: impl Fn(&Origin) -> Option<&'a Arc<Node>>,
    ) -> Result<Self, TopologyError> {
        let shared = |node: Node| match known(node.origin()) {
            Some(known) if **known == node => Arc::clone(known),
            _ => Arc::new(node),
        };
        let mut next = Self::collect(nodes.into_iter().map(shared))?;
        next.version = self.version + 1;
        Ok(next)
    }

    /// Whether some node weighs more than another.
    pub(crate) fn is_weighted(&self) -> bool {
        !self.weights.is_empty()
    }

    /// The weight of `places`, in units of which each node has a whole number, as few as can be.
    pub(crate) fn units(&self, places: Range<usize>) -> u64 {
        match (self.weights.get(places.start), self.weights.get(places.end)) {
            (Some(before), Some(all)) => all - before,
            _ => places.len() as u64,
        }
    }

    /// The place in `places` that holds one of their [`units`](Self::units), which are counted from 0.
    pub(crate) fn at_unit(&self, places: Range<usize>, unit: u64) -> usize {
        let Range { start, end } = places;
        let Some(before) = self.weights.get(start).filter(|_| end > start) else {
            return start + unit as usize;
        };
        let within = self.weights.get(start + 1..end).unwrap_or_default();
        start + within.partition_point(|sum| *sum <= before + unit)
    }

    pub(crate) fn same_nodes(&self, other: &Self) -> bool {
        self.nodes == other.nodes
    }
}

#[cfg(feature = "select")]
fn weights(nodes: &[Arc<Node>]) -> Box<[u64]> {
    let first = nodes.first().map_or(1, |node| node.thousandths());
    if nodes.iter().all(|node| node.thousandths() == first) {
        return Box::default();
    }
    let unit = nodes.iter().map(|node| node.thousandths());
    let unit = unit.fold(0, greatest_common_divisor).max(1);
    let mut sum = 0;
    let sums = nodes.iter().map(|node| {
        sum += node.thousandths() / unit;
        sum
    });
    std::iter::once(0).chain(sums).collect()
}

/// Euclid's.
#[cfg(feature = "select")]
pub(crate) fn greatest_common_divisor(mut one: u64, mut other: u64) -> u64 {
    while other != 0 {
        (one, other) = (other, one % other);
    }
    one
}

fn racks(nodes: &[Arc<Node>]) -> Box<[Rack]> {
    let mut start = 0;
    nodes
        .chunk_by(|a, b| (a.datacenter(), a.rack()) == (b.datacenter(), b.rack()))
        .map(|rack| {
            let end = start + rack.len();
            Rack {
                start: std::mem::replace(&mut start, end),
                end,
            }
        })
        .collect()
}

/// Says that a list of nodes is too long to be one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopologyError {
    limit: usize,
}

impl fmt::Display for TopologyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the list of nodes holds more than {} nodes", self.limit)
    }
}

impl Error for TopologyError {}

#[cfg(test)]
mod tests;
