//! The three states of a node.

/// Says how far a node is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum State {
    /// It serves.
    Active,
    /// It has begun to answer, and has yet to show that it goes on to.
    Quarantined,
    /// It is not chosen, but for one request or probe at a time that finds out whether it is back.
    Down,
}
