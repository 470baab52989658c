//! What all sites of a group agree on.

mod builder;
mod error;
mod spread;

use std::{sync::Arc, time::Duration};

pub use self::{builder::GroupBuilder, error::GroupError, spread::Spread};
use crate::slot::SlotCount;

/// Is what all sites of a group agree on: its name, its slots, how often each is held, and how long silence lasts.
///
/// The first site writes it to Redis; one that comes later and says otherwise is refused, for two sites that count
/// differently would assign differently.
///
/// # Clone
///
/// Cheap; clones are equal.
///
/// ```
/// use std::time::Duration;
/// use tower_muster_slots::Group;
///
/// let group = Group::builder("counters").slots(512).replicas(2).timeout(Duration::from_secs(5)).build()?;
/// assert_eq!(group.slots().get(), 512);
/// assert_eq!(group.lease(), Duration::from_millis(4_375));
///
/// let error = Group::builder("counters").slots(0).build().unwrap_err();
/// assert_eq!(error.to_string(), "slots is 0, and must be between 1 and 16384");
/// # Ok::<(), tower_muster_slots::GroupError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group(Arc<Settings>);

/// What a [`Group`] is made of.
#[derive(Debug, PartialEq, Eq)]
struct Settings {
    name: Box<str>,
    slots: SlotCount,
    replicas: u16,
    min_sites: u32,
    timeout: Duration,
    heartbeat: Duration,
    margin: Duration,
    spread: Spread,
}

impl Group {
    /// Begins to describe the group with a name, which is part of every key in Redis.
    #[must_use]
    pub fn builder(name: impl Into<String>) -> GroupBuilder {
        GroupBuilder::new(name.into())
    }

    /// Returns the name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Returns how many slots there are.
    #[must_use]
    pub fn slots(&self) -> SlotCount {
        self.0.slots
    }

    /// Returns how many sites are to hold each slot.
    #[must_use]
    pub fn replicas(&self) -> u16 {
        self.0.replicas
    }

    /// Returns how many sites there must be before any slot is assigned.
    #[must_use]
    pub fn min_sites(&self) -> u32 {
        self.0.min_sites
    }

    /// Returns how long a site may be silent before the others replace it.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.0.timeout
    }

    /// Returns how often a site says that it is there.
    #[must_use]
    pub fn heartbeat(&self) -> Duration {
        self.0.heartbeat
    }

    /// Returns how long before the timeout a site that is not heard stops being primary.
    #[must_use]
    pub fn margin(&self) -> Duration {
        self.0.margin
    }

    /// Returns how long after its last heartbeat a site may act as primary: the timeout less the margin.
    #[must_use]
    pub fn lease(&self) -> Duration {
        self.0.timeout.saturating_sub(self.0.margin)
    }

    /// Returns how the replicas of one slot are spread over racks.
    #[must_use]
    pub fn spread(&self) -> &Spread {
        &self.0.spread
    }
}

#[cfg(test)]
mod tests;
