//! How replicas of one slot are spread over racks.

/// Says how the replicas of one slot are spread over racks.
///
/// A rack is named within its datacenter; sites without one are in a rack of their own together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Spread {
    /// Anywhere: racks do not matter.
    Anywhere,
    /// Over as many racks as there are, and within racks when there are fewer than replicas: the default.
    #[default]
    Racks,
    /// Never two in one rack: where racks are missing, replicas are. There are so many racks at most, so that a
    /// group which could never be complete is refused.
    Strictly {
        /// How many racks the group is going to have.
        racks: u16,
    },
}
