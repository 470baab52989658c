//! What Redis holds, as it is read: the state of slots and sites, and notices of their changes.

use crate::{Epoch, Group, Member, SiteId, Slot};

/// The whole state of one slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SlotRecord {
    pub(crate) slot: Slot,
    pub(crate) epoch: Epoch,
    /// One of the holders.
    pub(crate) primary: Option<SiteId>,
    /// The sites that hold it, in the order in which they are to be primary.
    pub(crate) holders: Vec<SiteId>,
}

/// A site of the group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MemberRecord {
    pub(crate) member: Member,
    /// Whether it is giving its slots away.
    pub(crate) leaving: bool,
}

/// What a notice says has happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// A site has joined, or is known by other properties.
    Joined,
    /// A site gives its slots away.
    Leaving,
    /// A site has left in order.
    Left,
    /// A site was silent for too long.
    Evicted,
    /// A site holds a slot.
    Added,
    /// A site holds a slot no more.
    Removed,
    /// A site could not go on with a slot.
    Failed,
    /// The primary gave its role to another.
    HandedOver,
    /// Slots without a primary were given one, or all lost theirs since Redis had forgotten changes.
    Settled,
}

/// One change, numbered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notice {
    /// Which life of the group: another one when Redis has lost it.
    pub(crate) life: Box<str>,
    /// One more than the notice before.
    pub(crate) version: u64,
    pub(crate) event: Event,
    /// The site that it is about, if it is about one.
    pub(crate) site: Option<SiteId>,
    /// The site's record, if it is new or another than before.
    pub(crate) member: Option<MemberRecord>,
    /// The new state of every slot that changed.
    pub(crate) slots: Vec<SlotRecord>,
}

/// The whole group at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Snapshot {
    pub(crate) life: Box<str>,
    /// The last notice that is part of it.
    pub(crate) version: u64,
    pub(crate) group: Group,
    pub(crate) members: Vec<MemberRecord>,
    /// Every slot that has ever been held.
    pub(crate) slots: Vec<SlotRecord>,
}
