//! Where one slot is.

use std::{fmt, sync::Arc};

use super::{Entry, Site};
use crate::{Epoch, Member, Role, Slot};

/// Is who holds a slot, in which role, and since which change; as the table knew it at one moment.
#[derive(Clone)]
pub struct SlotRoute {
    slot: Slot,
    entry: Option<Arc<Entry>>,
}

impl SlotRoute {
    pub(super) fn new(slot: Slot, entry: Option<Arc<Entry>>) -> Self {
        Self { slot, entry }
    }

    /// Returns the slot.
    #[must_use]
    pub fn slot(&self) -> Slot {
        self.slot
    }

    /// Returns its epoch; [`Epoch::NONE`] if it never had a primary.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        self.entry.as_ref().map_or(Epoch::NONE, |entry| entry.epoch)
    }

    /// Returns its primary, if it has one.
    #[must_use]
    pub fn primary(&self) -> Option<&Member> {
        let primary = self.entry.as_ref()?.primary()?;
        Some(primary.member())
    }

    /// Returns the sites that hold it with their roles, in the order in which they are to be primary.
    pub fn holders(&self) -> impl Iterator<Item = (&Member, Role)> {
        let entry = self.entry.iter();
        entry.flat_map(|entry| {
            entry.holders().map(|site| {
                let is_primary = entry
                    .primary()
                    .is_some_and(|primary| Arc::ptr_eq(primary, site));
                let role = if is_primary {
                    Role::Primary
                } else {
                    Role::Secondary
                };
                (site.member(), role)
            })
        })
    }
}

impl fmt::Debug for SlotRoute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let holders: Vec<_> = self
            .holders()
            .map(|(member, role)| (member.id(), role))
            .collect();
        f.debug_struct("SlotRoute")
            .field("slot", &self.slot)
            .field("epoch", &self.epoch())
            .field("holders", &holders)
            .finish()
    }
}

/// Is a slot's primary, and since which change.
#[derive(Clone)]
pub struct Primary<'a> {
    site: Kept<'a>,
    epoch: Epoch,
}

#[derive(Clone)]
enum Kept<'a> {
    Here(&'a Site),
    Elsewhere(Arc<Site>),
}

impl<'a> Primary<'a> {
    #[inline]
    pub(super) fn here(site: &'a Site, epoch: Epoch) -> Self {
        let site = Kept::Here(site);
        Self { site, epoch }
    }

    pub(super) fn elsewhere(site: Arc<Site>, epoch: Epoch) -> Self {
        let site = Kept::Elsewhere(site);
        Self { site, epoch }
    }

    #[inline]
    pub(crate) fn site(&self) -> &Site {
        match &self.site {
            Kept::Here(site) => site,
            Kept::Elsewhere(site) => site,
        }
    }

    /// Returns the site.
    #[must_use]
    #[inline]
    pub fn member(&self) -> &Member {
        self.site().member()
    }

    /// Returns the slot's epoch.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }
}

impl fmt::Debug for Primary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Primary")
            .field("site", self.member().id())
            .field("epoch", &self.epoch)
            .finish()
    }
}
