//! One server of the cluster, and where it is.

use std::fmt;

use crate::{
    name::{Name, NameError},
    origin::{Origin, OriginError},
};

/// Is one server: its origin, and its datacenter and rack where known.
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
            origin,
            datacenter: None,
            rack: None,
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
