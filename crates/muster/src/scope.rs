//! Where a request may go.

use std::fmt;

use crate::{name::NameError, node::Node};

/// Is one link of a [`Scope`]: a rack, a datacenter, or the whole cluster.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Place {
    /// The nodes of one rack.
    Rack {
        /// The datacenter that the rack is in.
        datacenter: String,
        /// The rack.
        rack: String,
    },
    /// The nodes of one datacenter, whatever their rack.
    Datacenter {
        /// The datacenter.
        datacenter: String,
    },
    /// Every node.
    Cluster,
}

impl Place {
    /// Tells whether a node is in it.
    #[must_use]
    pub fn holds(&self, node: &Node) -> bool {
        match self {
            Self::Rack { datacenter, rack } => {
                node.rack() == Some(rack) && node.datacenter() == Some(datacenter)
            }
            Self::Datacenter { datacenter } => node.datacenter() == Some(datacenter),
            Self::Cluster => true,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rack { datacenter, rack } => {
                write!(f, "rack {rack:?} of datacenter {datacenter:?}")
            }
            Self::Datacenter { datacenter } => write!(f, "datacenter {datacenter:?}"),
            Self::Cluster => f.write_str("the cluster"),
        }
    }
}

/// Says where a request may go: a first choice and what it may fall back to.
///
/// A scope is a promise: a request goes to no node outside of it. Falling back is only ever to what is
/// written down here; a rack without a fallback means that rack or an error.
///
/// ```
/// use tower_muster::Scope;
///
/// let scope = Scope::rack("dc1", "rack1").or_datacenter("dc1");
/// assert_eq!(scope.places().len(), 2);
/// assert!(Scope::rack("dc1", "").check().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Scope {
    chain: Vec<Place>,
}

impl Scope {
    /// Makes a scope of one rack.
    #[must_use]
    pub fn rack(datacenter: impl Into<String>, rack: impl Into<String>) -> Self {
        Self::of(Place::Rack {
            datacenter: datacenter.into(),
            rack: rack.into(),
        })
    }

    /// Makes a scope of one datacenter.
    #[must_use]
    pub fn datacenter(datacenter: impl Into<String>) -> Self {
        Self::of(Place::Datacenter {
            datacenter: datacenter.into(),
        })
    }

    /// Makes a scope of every node.
    #[must_use]
    pub fn cluster() -> Self {
        Self::of(Place::Cluster)
    }

    fn of(first: Place) -> Self {
        Self { chain: vec![first] }
    }

    /// Allows falling back to another rack.
    #[must_use]
    pub fn or_rack(self, datacenter: impl Into<String>, rack: impl Into<String>) -> Self {
        self.or(Place::Rack {
            datacenter: datacenter.into(),
            rack: rack.into(),
        })
    }

    /// Allows falling back to a whole datacenter.
    #[must_use]
    pub fn or_datacenter(self, datacenter: impl Into<String>) -> Self {
        self.or(Place::Datacenter {
            datacenter: datacenter.into(),
        })
    }

    /// Allows falling back to any node.
    #[must_use]
    pub fn or_cluster(self) -> Self {
        self.or(Place::Cluster)
    }

    fn or(mut self, place: Place) -> Self {
        self.chain.push(place);
        self
    }

    /// Returns all places, the preferred one first.
    #[must_use]
    pub fn places(&self) -> &[Place] {
        &self.chain
    }

    /// Checks the names; whoever takes a scope calls it when it is built.
    ///
    /// # Errors
    ///
    /// [`NameError`] if a datacenter or rack is an empty name.
    pub fn check(&self) -> Result<(), NameError> {
        self.chain.iter().try_for_each(|place| match place {
            Place::Rack { datacenter, rack } => {
                NameError::check("datacenter", datacenter)?;
                NameError::check("rack", rack)
            }
            Place::Datacenter { datacenter } => NameError::check("datacenter", datacenter),
            Place::Cluster => Ok(()),
        })
    }
}
