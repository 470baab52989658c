//! Which site holds which slot: the table that requests are routed by.

mod cells;
mod doubt;
mod entry;
pub(crate) mod follow;
mod manual;
mod members;
mod roll;
mod route;
mod shared;
mod site;
mod trouble;
mod waiting;
mod word;
mod writer;

use std::{
    fmt,
    pin::pin,
    sync::{Arc, atomic::Ordering::Acquire},
};

use arc_swap::Guard;
use tokio::{
    sync::{futures::Notified, watch},
    time::Instant,
};

pub(crate) use self::{
    doubt::{Doubt, Now},
    entry::Entry,
    members::Members,
    site::Site,
};
pub use self::{
    follow::FollowError,
    manual::ManualGroup,
    route::{Primary, SlotRoute},
    trouble::TableError,
};
use self::{shared::Shared, word::Index};
use crate::{
    Epoch, Group, Member, SiteId, Slot, SlotCount,
    record::{Notice, Snapshot},
};

/// Knows which site holds which slot, in which role and since which change.
///
/// It is read without a lock, and never asks anybody: what cannot be read from it is not known. One task writes it,
/// slot by slot, from the group's numbered notices; when a number is missing it reads the whole state once, while
/// the others go on reading. When Redis is away it stays as it is.
///
/// A record with a lower epoch than the one that is known is never taken, wherever it comes from: a slot's epoch
/// never goes back.
///
/// # Clone
///
/// Clones are one table; what follows the group ends with the last of them.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use tower_muster_slots::{Group, ManualGroup, Member, Slot};
///
/// // As `SlotTable::follow` would read it from Redis.
/// let group = ManualGroup::new(&Group::builder("counters").slots(512).build()?);
/// let site = Member::new("site-1", "http://10.0.0.1:7000")?;
/// group.join(&site);
/// group.hold(Slot::new(7), [site.id()]);
///
/// let table = group.table();
/// let primary = table.primary(Slot::new(7)).ok_or("nobody")?;
/// assert_eq!(primary.member(), &site);
/// assert!(table.primary(Slot::new(8)).is_none());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct SlotTable(Arc<Shared>);

/// What became of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Applied {
    /// It was the next one.
    Taken,
    /// One before it is missing; nothing was written.
    Gap,
    /// It is part of the table already.
    Old,
    /// It is of another life of the group than the table, or there is no table yet; nothing was written.
    OtherLife,
}

impl SlotTable {
    /// Of a group of which nothing is known yet.
    pub(crate) fn empty() -> Self {
        Self(Arc::new(Shared::new()))
    }

    /// Returns the slot's primary, if there is one: the lookup of a request.
    ///
    /// Some loads from memory, no lock, no allocation, no counting of references.
    #[must_use]
    // As a call its answer goes through memory, which takes as long as the rest of it.
    #[inline(always)]
    pub fn primary(&self, slot: Slot) -> Option<Primary<'_>> {
        let word = self.0.cells.word(slot);
        if let Some(site) = self.0.roll.get(word.primary()) {
            return Some(Primary::here(site, word.epoch()));
        }
        self.primary_elsewhere(slot, word.primary())
    }

    #[cold]
    fn primary_elsewhere(&self, slot: Slot, index: Index) -> Option<Primary<'_>> {
        if index == Index::NONE {
            return None;
        }
        let entry = self.entry(slot);
        let entry = entry.as_ref()?;
        let site = Arc::clone(entry.primary()?);
        Some(Primary::elsewhere(site, entry.epoch))
    }

    /// Returns who holds a slot, in which role.
    #[must_use]
    pub fn route(&self, slot: Slot) -> SlotRoute {
        SlotRoute::new(slot, self.entry(slot).as_ref().map(Arc::clone))
    }

    /// Returns the slot's epoch; [`Epoch::NONE`] if it never had a primary.
    #[must_use]
    pub fn epoch(&self, slot: Slot) -> Epoch {
        self.0.cells.word(slot).epoch()
    }

    /// Returns the slot that an object's key is in; `None` while the group is not known.
    #[must_use]
    pub fn slot_of(&self, key: &[u8]) -> Option<Slot> {
        Some(self.slots()?.slot_of(key))
    }

    /// Returns how many slots the group has; `None` while it is not known.
    #[must_use]
    #[inline]
    pub fn slots(&self) -> Option<SlotCount> {
        self.0.count()
    }

    /// Returns what the sites of the group agree on; `None` while it is not known.
    #[must_use]
    pub fn group(&self) -> Option<Group> {
        self.0.group.load().as_deref().cloned()
    }

    /// Returns the members, in the order of their ids.
    #[must_use]
    pub fn members(&self) -> Vec<Member> {
        let members = self.0.members.load();
        members
            .iter()
            .map(|listed| listed.site.member().clone())
            .collect()
    }

    /// Returns the number of the last notice that is part of the table; 0 while nothing is known.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.0.version()
    }

    /// Returns whether the group's state was read once.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        *self.0.changes.borrow() > 0
    }

    /// Waits until the group's state was read once.
    ///
    /// While Redis is away, or has no such group yet, it is tried again and again: bound the time with a timeout, after
    /// which [`trouble`](Self::trouble) says why.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing.
    pub async fn ready(&self) {
        // The sender is as old as the table.
        let _ = self
            .0
            .changes
            .subscribe()
            .wait_for(|changes| *changes > 0)
            .await;
    }

    /// Returns why the group's state could not be read the last time; `None` once it was, or before it was tried.
    ///
    /// The table stays as it is and is tried to be read again and again, so nothing else tells of it: look here when
    /// [`ready`](Self::ready) takes too long, and for a health check. Only what [`follow`](Self::follow)s a group
    /// fills it: the table of a [`Site`](crate::Site) or of a [`ManualGroup`] never has any.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use std::time::Duration;
    /// use tower_muster_slots::{Redis, RedisError, SlotTable, TableError};
    ///
    /// let table = SlotTable::follow(&Redis::at("redis://127.0.0.1:1")?, "counters")?;
    /// while table.trouble().is_none() {
    ///     tokio::time::sleep(Duration::from_millis(5)).await;
    /// }
    /// let Some(TableError::Redis(error)) = table.trouble() else {
    ///     return Err("nobody listens there".into());
    /// };
    /// assert!(matches!(*error, RedisError::Unreachable { .. }));
    /// assert_eq!(error.to_string(), "redis at 127.0.0.1:1 cannot be reached");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn trouble(&self) -> Option<TableError> {
        self.0.trouble.load().as_deref().cloned()
    }

    /// Waits until a slot has a higher epoch than `after`, and returns it.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing.
    pub async fn changed(&self, slot: Slot, after: Epoch) -> Epoch {
        loop {
            let change = pin!(self.change(slot));
            let epoch = self.epoch(slot);
            if epoch > after {
                return epoch;
            }
            change.await;
        }
    }

    /// Resolves with the next change of the slot, or of another one, from now on.
    pub(crate) fn change(&self, slot: Slot) -> Notified<'_> {
        self.0.waiting.next(slot)
    }

    /// Whether the slot's primary says that it is not one, under the very epoch of the table.
    pub(crate) fn doubt(&self, slot: Slot) -> Option<&Doubt> {
        self.0.cells.doubt(slot)
    }

    /// The moment, as doubts count it.
    pub(crate) fn now(&self) -> Now {
        let timeout = self.0.group.load().as_deref().map(Group::timeout);
        Now {
            start: self.0.start,
            now: Instant::now(),
            timeout: timeout.unwrap_or_default(),
        }
    }

    /// Wakes whoever waits for a change of any slot.
    pub(crate) fn wake_all(&self) {
        self.0.waiting.wake_all();
    }

    /// The number of the list of members.
    #[inline]
    pub(crate) fn members_number(&self) -> u64 {
        self.0.number.load(Acquire)
    }

    pub(crate) fn entry(&self, slot: Slot) -> Guard<Option<Arc<Entry>>> {
        self.0.cells.entry(slot)
    }

    pub(crate) fn listed(&self) -> Guard<Arc<Members>> {
        self.0.members.load()
    }

    /// Tells of each new list of members, by its number.
    pub(crate) fn members_changes(&self) -> watch::Receiver<u64> {
        self.0.listed.subscribe()
    }

    /// Tells of everything that is written.
    #[allow(dead_code, reason = "for the site's driver")]
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.0.changes.subscribe()
    }

    /// The group's life, and the last notice that is part of the table.
    #[allow(dead_code, reason = "for the site's driver")]
    pub(crate) fn head(&self) -> Option<(Box<str>, u64)> {
        self.0.head()
    }

    /// Takes the next notice in.
    pub(crate) fn apply(&self, notice: &Notice) -> Applied {
        self.0.apply(notice)
    }

    /// Takes the whole state in, slot by slot.
    pub(crate) fn replace(&self, snapshot: &Snapshot) {
        self.0.replace(snapshot);
    }

    /// Takes in what a site has told of one slot; whether that was new.
    pub(crate) fn learn(&self, slot: Slot, epoch: Epoch, primary: Option<&SiteId>) -> bool {
        self.0.learn(slot, epoch, primary)
    }
}

impl fmt::Debug for SlotTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SlotTable")
            .field("group", &self.group().as_ref().map(Group::name))
            .field("version", &self.version())
            .field("members", &self.listed().iter().len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
pub(crate) mod tests;
