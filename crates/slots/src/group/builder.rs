//! Describes a group, step by step.

use std::{sync::Arc, time::Duration};

use super::{Group, GroupError, Settings, Spread};
use crate::slot::{MAX_SLOTS, SlotCount};

/// Bounds a name: it is part of every key.
const MAX_NAME: usize = 128;
/// The shortest time in which a heartbeat, a lease and an eviction can be told apart over a network.
const LEAST_TIMEOUT: Duration = Duration::from_millis(200);
/// The longest: a site that is dead for longer than a day is not waited for.
const MOST_TIMEOUT: Duration = Duration::from_secs(86_400);

/// Describes a [`Group`], step by step.
#[derive(Debug, Clone)]
pub struct GroupBuilder {
    name: String,
    slots: u32,
    replicas: u16,
    min_sites: u32,
    timeout: Duration,
    heartbeat: Option<Duration>,
    margin: Option<Duration>,
    spread: Spread,
}

impl GroupBuilder {
    pub(super) fn new(name: String) -> Self {
        Self {
            name,
            slots: 512,
            replicas: 1,
            min_sites: 1,
            timeout: Duration::from_secs(5),
            heartbeat: None,
            margin: None,
            spread: Spread::default(),
        }
    }

    /// Sets how many slots there are, 1 to 16,384; by default 512. It cannot change while the group has sites.
    #[must_use]
    pub fn slots(mut self, slots: u32) -> Self {
        self.slots = slots;
        self
    }

    /// Sets how many sites are to hold each slot; by default 1.
    #[must_use]
    pub fn replicas(mut self, replicas: u16) -> Self {
        self.replicas = replicas;
        self
    }

    /// Sets how many sites there must be before any slot is assigned; by default 1.
    ///
    /// So that the first of many sites to start does not take over all of the work.
    #[must_use]
    pub fn min_sites(mut self, sites: u32) -> Self {
        self.min_sites = sites;
        self
    }

    /// Sets how long a site may be silent before the others replace it, 200 ms to a day; by default 5 s.
    ///
    /// As all times of a group it is rounded up to whole milliseconds.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets how often a site says that it is there; by default a quarter of the timeout.
    ///
    /// So that two heartbeats in a row may be lost, and a third be late, before the lease ends.
    #[must_use]
    pub fn heartbeat(mut self, every: Duration) -> Self {
        self.heartbeat = Some(every);
        self
    }

    /// Sets how long before the timeout a site that is not heard stops being primary; by default an eighth of the
    /// timeout.
    ///
    /// It has to cover what clocks may drift apart within one timeout, the site's against Redis's, and what the
    /// clocks of two Redis servers may differ by when one takes over from the other.
    #[must_use]
    pub fn margin(mut self, margin: Duration) -> Self {
        self.margin = Some(margin);
        self
    }

    /// Sets how the replicas of one slot are spread over racks; by default over as many as there are.
    #[must_use]
    pub fn spread(mut self, spread: Spread) -> Self {
        self.spread = spread;
        self
    }

    /// Makes the group.
    ///
    /// # Errors
    ///
    /// [`GroupError`] if a field is out of its bounds, or two do not fit together.
    pub fn build(self) -> Result<Group, GroupError> {
        let name = check_name(self.name)?;
        let slots = SlotCount::new(self.slots);
        let slots = slots
            .ok_or_else(|| GroupError::number("slots", self.slots, 1, u32::from(MAX_SLOTS)))?;
        let at_least_one = |field, number| match number {
            0 => Err(GroupError::number(field, 0, 1, u32::MAX)),
            _ => Ok(()),
        };
        at_least_one("replicas", u32::from(self.replicas))?;
        at_least_one("min_sites", self.min_sites)?;
        check_spread(&self.spread, self.replicas)?;
        let timeout = whole(self.timeout);
        if !(LEAST_TIMEOUT..=MOST_TIMEOUT).contains(&timeout) {
            return Err(GroupError::duration(
                "timeout",
                timeout,
                LEAST_TIMEOUT,
                MOST_TIMEOUT,
            ));
        }
        let margin = whole(self.margin.unwrap_or(timeout / 8));
        let heartbeat = whole(self.heartbeat.unwrap_or(timeout / 4));
        check_times(timeout, heartbeat, margin)?;
        Ok(Group(Arc::new(Settings {
            name,
            slots,
            replicas: self.replicas,
            min_sites: self.min_sites,
            timeout,
            heartbeat,
            margin,
            spread: self.spread,
        })))
    }
}

/// In whole milliseconds, as Redis has it: so that what is read from there is what was set.
fn whole(time: Duration) -> Duration {
    const MILLI: Duration = Duration::from_millis(1);
    match time.subsec_nanos() % MILLI.subsec_nanos() {
        0 => time,
        rest => (time - Duration::from_nanos(rest.into())).saturating_add(MILLI),
    }
}

/// The name stands within the braces that keep all keys on one node of a Redis Cluster.
fn check_name(name: String) -> Result<Box<str>, GroupError> {
    let is_fine = |c: char| c.is_ascii_graphic() && c != '{' && c != '}';
    match !name.is_empty() && name.len() <= MAX_NAME && name.chars().all(is_fine) {
        true => Ok(name.into()),
        false => Err(GroupError::name(&name, MAX_NAME)),
    }
}

fn check_spread(spread: &Spread, replicas: u16) -> Result<(), GroupError> {
    match spread {
        Spread::Strictly { racks } if *racks < replicas => Err(GroupError::TooFewRacks {
            replicas,
            racks: *racks,
        }),
        _ => Ok(()),
    }
}

fn check_times(timeout: Duration, heartbeat: Duration, margin: Duration) -> Result<(), GroupError> {
    const LEAST: Duration = Duration::from_millis(1);
    if margin < LEAST || margin >= timeout {
        return Err(GroupError::duration("margin", margin, LEAST, timeout));
    }
    let lease = timeout - margin;
    if heartbeat < LEAST || heartbeat >= lease {
        return Err(GroupError::duration("heartbeat", heartbeat, LEAST, lease));
    }
    Ok(())
}
