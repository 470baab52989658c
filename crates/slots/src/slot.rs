//! A partition of the work, and which one an object is in.

use std::{fmt, num::NonZeroU16};

/// Bounds how many slots a group may have: as many as Redis Cluster has.
pub const MAX_SLOTS: u16 = 16_384;

/// Is one partition of the work, by its number: 0 for the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(u16);

impl Slot {
    /// Makes the slot with a number; whether a group has it is the group's to say.
    #[must_use]
    pub const fn new(number: u16) -> Self {
        Self(number)
    }

    /// Returns its number; 0 for the first.
    #[must_use]
    pub const fn number(self) -> u16 {
        self.0
    }

    /// The same, to count with.
    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Is how many slots a group has, between 1 and [`MAX_SLOTS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SlotCount(NonZeroU16);

impl SlotCount {
    /// Checks a number; `None` if it is 0 or above [`MAX_SLOTS`].
    #[must_use]
    pub fn new(count: u32) -> Option<Self> {
        let count = u16::try_from(count)
            .ok()
            .filter(|count| *count <= MAX_SLOTS)?;
        NonZeroU16::new(count).map(Self)
    }

    /// Returns the number.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0.get()
    }

    /// Returns the slot with a number, if there is one.
    #[must_use]
    pub fn slot(self, number: u16) -> Option<Slot> {
        (number < self.get()).then_some(Slot(number))
    }

    /// Returns all slots, from the first on.
    pub fn slots(self) -> impl ExactSizeIterator<Item = Slot> + use<> {
        (0..self.get()).map(Slot)
    }
}

impl fmt::Display for SlotCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
