//! What a site is to a slot that it holds.

use std::fmt;

use crate::{Epoch, Slot};

/// Is what a site is to a slot that it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(clippy::exhaustive_enums, reason = "a replica is one or the other")]
pub enum Role {
    /// The one that takes the slot's writes.
    Primary,
    /// One that holds the slot, and takes over when the primary is gone.
    Secondary,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Primary => "primary",
            Self::Secondary => "secondary",
        })
    }
}

/// Is what a site was told that it is to a slot, and since which change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Grant {
    /// The slot.
    pub slot: Slot,
    /// What the site is to it.
    pub role: Role,
    /// The slot's epoch at the time.
    pub epoch: Epoch,
}

impl Grant {
    pub(crate) const fn new(slot: Slot, role: Role, epoch: Epoch) -> Self {
        Self { slot, role, epoch }
    }
}
