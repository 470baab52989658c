//! One server of the cluster, and where it is.

use std::fmt;

#[cfg(feature = "select")]
use crate::hash::hash;
use crate::{
    name::{Name, NameError},
    origin::{Origin, OriginError},
    weight::{Weight, WeightError},
};

/// Is one server: its origin, its datacenter and rack where known, and its weight.
///
/// Its identity is its canonical origin: two nodes with the same origin are one.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use tower_muster::Node;
///
/// let node = Node::new("http://10.0.0.1:80/")?.in_rack("dc1", "rack1")?;
/// assert_eq!(node.origin().as_str(), "http://10.0.0.1");
/// assert_eq!(node.rack(), Some("rack1"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    origin: Origin,
    datacenter: Option<Name>,
    rack: Option<Name>,
    weight: Weight,
    /// The hash of its origin.
    #[cfg(feature = "select")]
    identity: u64,
}

impl Node {
    /// Makes a node whose datacenter and rack are not known.
    ///
    /// # Errors
    ///
    /// [`OriginError`] if `origin` is not `scheme://host[:port]`.
    pub fn new(origin: &str) -> Result<Self, OriginError> {
        Ok(Self::at(origin.parse()?))
    }

    /// Makes a node of an origin that was parsed before.
    #[must_use]
    pub fn at(origin: Origin) -> Self {
        Self {
            #[cfg(feature = "select")]
            identity: hash(origin.as_str().as_bytes()),
            origin,
            datacenter: None,
            rack: None,
            weight: Weight::ONE,
        }
    }

    /// Puts the node into a datacenter, its rack not being known.
    ///
    /// # Errors
    ///
    /// [`NameError`] if the name is empty.
    pub fn in_datacenter(mut self, datacenter: impl Into<String>) -> Result<Self, NameError> {
        self.datacenter = Some(Name::new("datacenter", datacenter)?);
        self.rack = None;
        Ok(self)
    }

    /// Puts the node into a rack of a datacenter.
    ///
    /// A rack is named within its datacenter: `rack1` of `dc1` and `rack1` of `dc2` are two racks.
    ///
    /// # Errors
    ///
    /// [`NameError`] if one of the names is empty.
    pub fn in_rack(
        mut self,
        datacenter: impl Into<String>,
        rack: impl Into<String>,
    ) -> Result<Self, NameError> {
        self.datacenter = Some(Name::new("datacenter", datacenter)?);
        self.rack = Some(Name::new("rack", rack)?);
        Ok(self)
    }

    /// Gives the node a weight: how much of the load it is to take beside others, which have 1.
    ///
    /// It is rounded to a thousandth, so that sums of weights are exact. Only
    /// [`Weighted`](crate::policy::Weighted) policies and
    /// [`Rendezvous`](crate::policy::Rendezvous) look at it. A list that gives a node another weight changes
    /// nothing else about it: what is known of how it answers stays.
    ///
    /// # Errors
    ///
    /// [`WeightError`] if it is not between 0.001 and 1,000.
    pub fn weighted(mut self, weight: f64) -> Result<Self, WeightError> {
        self.weight = Weight::new(weight)?;
        Ok(self)
    }

    /// The weight in whole thousandths, of which sums are exact.
    #[cfg(feature = "select")]
    pub(crate) fn thousandths(&self) -> u64 {
        self.weight.thousandths()
    }

    /// A number that is the node's own in every process.
    #[cfg(feature = "select")]
    pub(crate) fn identity(&self) -> u64 {
        self.identity
    }

    /// Whether both are in the same rack, or in the same datacenter if no rack is known of either.
    #[cfg(feature = "select")]
    pub(crate) fn is_beside(&self, other: &Self) -> bool {
        (self.datacenter(), self.rack()) == (other.datacenter(), other.rack())
    }

    /// Returns scheme, host and port.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Returns how much of the load it is to take beside others; 1 unless it was given another weight.
    #[must_use]
    pub fn weight(&self) -> f64 {
        self.weight.get()
    }

    /// Returns the datacenter's name, where known.
    #[must_use]
    pub fn datacenter(&self) -> Option<&str> {
        self.datacenter.as_ref().map(Name::as_str)
    }

    /// Returns the rack's name, where known.
    #[must_use]
    pub fn rack(&self) -> Option<&str> {
        self.rack.as_ref().map(Name::as_str)
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.origin.fmt(f)
    }
}
