//! How far each host's clock is from ours.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwapOption;

/// Hosts that are remembered; one more takes the place of the one that was learned first.
///
/// More nodes than any cluster has whose clocks are all wrong at the same time, and under 100 KiB.
const MAX_HOSTS: usize = 1024;

/// Seconds that a host's clock is ahead of ours, or behind if negative.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Offset(i64);

impl Offset {
    /// Returns the offset that makes `theirs` of `ours`; `None` if it cannot be counted.
    pub(super) fn between(ours: SystemTime, theirs: SystemTime) -> Option<Self> {
        let seconds = match theirs.duration_since(ours) {
            Ok(ahead) => i64::try_from(ahead.as_secs()).ok()?,
            Err(behind) => -i64::try_from(behind.duration().as_secs()).ok()?,
        };
        Some(Self(seconds))
    }

    pub(super) const fn distance(self, other: Self) -> u64 {
        self.0.abs_diff(other.0)
    }

    /// Returns no offset if this one is small: a clock that was put right is left alone again.
    pub(super) const fn or_none_within(self, threshold: u64) -> Self {
        if self.0.unsigned_abs() <= threshold {
            Self(0)
        } else {
            self
        }
    }

    /// Returns what the host's clock shows when ours shows `now`; `None` if that is no time.
    pub(crate) fn apply(self, now: SystemTime) -> Option<SystemTime> {
        let seconds = Duration::from_secs(self.0.unsigned_abs());
        if self.0 < 0 {
            now.checked_sub(seconds)
        } else {
            now.checked_add(seconds)
        }
    }
}

/// The offsets of the hosts whose clocks are known to differ.
///
/// Reading is one load where no clock differs, which is the rule, and a look into a map elsewhere. Only a
/// refusal writes: it publishes a new map.
#[derive(Debug, Default)]
pub(crate) struct Offsets(ArcSwapOption<Table>);

#[derive(Debug, Clone, Default)]
struct Table {
    hosts: HashMap<Box<str>, Entry>,
    learned: u64,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    offset: Offset,
    /// Which of all offsets this is, in the order in which they were learned.
    number: u64,
}

impl Offsets {
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.0.load().is_none()
    }

    pub(crate) fn of(&self, host: &str) -> Offset {
        match &*self.0.load() {
            None => Offset::default(),
            Some(table) => table
                .hosts
                .get(host)
                .map_or(Offset::default(), |entry| entry.offset),
        }
    }

    /// Remembers the host's offset, or forgets the host if there is none.
    pub(crate) fn learn(&self, host: &str, offset: Offset) {
        if self.of(host) == offset {
            return;
        }
        self.0.rcu(|table| {
            let mut table = table.as_deref().cloned().unwrap_or_default();
            table.set(host, offset);
            (!table.hosts.is_empty()).then(|| Arc::new(table))
        });
    }
}

impl Table {
    fn set(&mut self, host: &str, offset: Offset) {
        if offset == Offset::default() {
            self.hosts.remove(host);
            return;
        }
        if self.hosts.len() >= MAX_HOSTS && !self.hosts.contains_key(host) {
            self.forget_first();
        }
        self.learned += 1;
        let number = self.learned;
        self.hosts.insert(host.into(), Entry { offset, number });
    }

    fn forget_first(&mut self) {
        let first = self.hosts.iter().min_by_key(|(_, entry)| entry.number);
        if let Some(host) = first.map(|(host, _)| host.clone()) {
            self.hosts.remove(&host);
        }
    }
}
