//! One site of a group: who it is, and where.

mod site_id;

use tower_muster::{NameError, Node, OriginError, WeightError};

pub use self::site_id::{SiteId, SiteIdError};

/// Is one site of a group: its id, its address, where it stands and how much it is to hold.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use tower_muster_slots::Member;
///
/// let member = Member::new("site-1", "http://10.0.0.1:7000")?.in_rack("dc1", "rack1")?.weighted(2.0)?;
/// assert_eq!(member.id().as_str(), "site-1");
/// assert_eq!(member.node().rack(), Some("rack1"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    id: SiteId,
    node: Node,
}

impl Member {
    /// Makes a site with an id, at an origin such as `http://10.0.0.1:7000`.
    ///
    /// # Errors
    ///
    /// [`MemberError`] if one of them is not what it should be.
    pub fn new(id: &str, origin: &str) -> Result<Self, MemberError> {
        Ok(Self {
            id: id.parse()?,
            node: Node::new(origin)?,
        })
    }

    /// Puts the site into a rack of a datacenter; replicas of a slot are spread over racks.
    ///
    /// # Errors
    ///
    /// [`NameError`] if one of the names is empty.
    pub fn in_rack(
        self,
        datacenter: impl Into<String>,
        rack: impl Into<String>,
    ) -> Result<Self, NameError> {
        let node = self.node.in_rack(datacenter, rack)?;
        Ok(Self { node, ..self })
    }

    /// Puts the site into a datacenter, its rack not being known.
    ///
    /// # Errors
    ///
    /// [`NameError`] if the name is empty.
    pub fn in_datacenter(self, datacenter: impl Into<String>) -> Result<Self, NameError> {
        let node = self.node.in_datacenter(datacenter)?;
        Ok(Self { node, ..self })
    }

    /// Says how much the site is to hold beside others, which have 1; to a thousandth.
    ///
    /// # Errors
    ///
    /// [`WeightError`] if it is not between 0.001 and 1,000.
    pub fn weighted(self, weight: f64) -> Result<Self, WeightError> {
        let node = self.node.weighted(weight)?;
        Ok(Self { node, ..self })
    }

    /// Returns the site's id.
    #[must_use]
    pub fn id(&self) -> &SiteId {
        &self.id
    }

    /// Returns where requests to it go, its place and its weight.
    #[must_use]
    pub fn node(&self) -> &Node {
        &self.node
    }
}

/// Says what about a site is not what it should be.
#[derive(Debug)]
#[non_exhaustive]
pub enum MemberError {
    /// The id.
    Id(SiteIdError),
    /// The address.
    Address(OriginError),
    /// The datacenter or the rack.
    Place(NameError),
    /// The weight.
    Weight(WeightError),
}

impl std::fmt::Display for MemberError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Id(_) => "the site's id cannot be used",
            Self::Address(_) => "the site's address cannot be used",
            Self::Place(_) => "the site's place cannot be used",
            Self::Weight(_) => "the site's weight cannot be used",
        })
    }
}

impl std::error::Error for MemberError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(match self {
            Self::Id(error) => error,
            Self::Address(error) => error,
            Self::Place(error) => error,
            Self::Weight(error) => error,
        })
    }
}

impl From<SiteIdError> for MemberError {
    fn from(error: SiteIdError) -> Self {
        Self::Id(error)
    }
}

impl From<OriginError> for MemberError {
    fn from(error: OriginError) -> Self {
        Self::Address(error)
    }
}

impl From<NameError> for MemberError {
    fn from(error: NameError) -> Self {
        Self::Place(error)
    }
}

impl From<WeightError> for MemberError {
    fn from(error: WeightError) -> Self {
        Self::Weight(error)
    }
}
