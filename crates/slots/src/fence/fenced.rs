//! Leave to carry a request out.

use std::fmt;

use crate::{Epoch, Grant, Slot, standing::Standing};

/// Is the leave to carry a request out, for as long as the site's grant lasts; in the request's extensions.
///
/// # Clone
///
/// Clones are of one grant.
#[derive(Clone)]
pub struct Fenced {
    standing: Standing,
    grant: Grant,
}

impl Fenced {
    pub(super) fn new(standing: Standing, grant: Grant) -> Self {
        Self { standing, grant }
    }

    /// Returns what the site was to the slot when the request was let in.
    #[must_use]
    pub fn grant(&self) -> Grant {
        self.grant
    }

    /// Returns the slot.
    #[must_use]
    pub fn slot(&self) -> Slot {
        self.grant.slot
    }

    /// Returns the epoch to store with what is stored: a store that refuses lower ones needs no clock.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        self.grant.epoch
    }

    /// Returns whether the site is still to the slot what it was when the request was let in: to be asked right
    /// before what cannot be taken back.
    ///
    /// It reads memory and the clock: no lock, no call.
    #[must_use]
    pub fn is_current(&self) -> bool {
        self.standing.grant(self.grant.slot) == Some(self.grant)
    }
}

impl fmt::Debug for Fenced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fenced")
            .field("grant", &self.grant)
            .field("is_current", &self.is_current())
            .finish()
    }
}
