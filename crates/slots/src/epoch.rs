//! How often a slot's primary has changed.

use std::{fmt, num::ParseIntError, str::FromStr};

/// Is a number that grows with each change of a slot's primary, and never goes back.
///
/// A change takes it to at least Redis's clock in milliseconds, so that it grows even when Redis has lost what
/// it knew: the epochs of before are of the past. Between two changes within a millisecond it counts on by one.
///
/// Of two sites that both believe to be a slot's primary the one with the higher epoch is right. What carries a
/// lower epoch than one that was seen before comes from a site, or a client, that has missed a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Epoch(u64);

impl Epoch {
    /// Before every change: no site was primary yet.
    pub const NONE: Self = Self(0);

    /// Makes an epoch of its number.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// Returns its number.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Epoch {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}
