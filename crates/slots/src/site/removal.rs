//! What became of a wish to let a slot go.

/// Says what became of a wish to let a slot go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "it is one or the other")]
pub enum Removal {
    /// The site holds it no more.
    Removed,
    /// The site still holds it: too few others do.
    Kept {
        /// How many others hold it.
        others: u32,
        /// How many have to.
        needed: u32,
    },
}
