//! What a site has of one slot, and what it is to have.

use crate::{
    Epoch, Role, SiteId, Slot,
    site::{
        backoff::Backoff,
        step::{Aim, Ask, Data, Step},
    },
};

/// What a site has of one slot, and does about it.
#[derive(Debug, Default)]
pub(super) struct Local {
    pub(super) data: Data,
    /// What is under way; the number tells it from what was dropped.
    pub(super) job: Option<(u64, Step)>,
    pub(super) told: Option<(Role, Epoch)>,
    /// What was last shown to those who serve requests.
    pub(super) shown: (Option<Role>, Epoch),
    /// The highest epoch whose role a call may give away that was sent and not answered.
    pub(super) lost: Epoch,
    /// Under which epoch what is here was last copied, or kept as a holder.
    pub(super) last_held: Option<Epoch>,
    /// Under which epoch it was copied by this member, who has not been a holder since.
    pub(super) copied: Option<Epoch>,
    pub(super) claimed: Option<u64>,
    /// How what is asked of Redis about it fares.
    pub(super) calls: Backoff,
    /// How the application fares with it.
    pub(super) handling: Backoff,
    pub(super) ask: Option<Ask>,
    /// The application waits to hear that the slot's failure is known.
    pub(super) is_failing: bool,
    pub(super) is_dirty: bool,
}

/// What the assignment says about one slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) aim: Aim,
    /// The site that is to be primary.
    pub(crate) first: Option<SiteId>,
}

/// What the assignment says about each slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Targets(pub(crate) Box<[Target]>);

impl Targets {
    pub(super) fn of(&self, slot: Slot) -> Option<&Target> {
        self.0.get(slot.index())
    }
}
