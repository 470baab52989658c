//! What this site may do at this moment, slot by slot.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{
            AtomicU64,
            Ordering::{Acquire, Release},
        },
    },
    time::{Duration, SystemTime},
};

use tokio::time::Instant;

use crate::{Epoch, Grant, Role, Slot, SlotCount};

/// The bits of an entry below the epoch's.
const ROLE_BITS: u32 = 2;
const NOTHING: u64 = 0;
const SECONDARY: u64 = 1;
const PRIMARY: u64 = 2;

/// What this site may do, written by its one task and read by whoever serves requests, without a lock.
///
/// # Clone
///
/// Clones are one.
#[derive(Clone)]
pub(crate) struct Standing(Arc<Inner>);

struct Inner {
    /// Epoch and role of each slot in one word, so that nobody sees one of them without the other.
    slots: Box<[AtomicU64]>,
    /// When the lease ends, in nanoseconds since `start` by either clock; whichever is there first counts.
    until: AtomicU64,
    until_wall: AtomicU64,
    start: At,
}

/// A moment by two clocks: one that never steps, and one that goes on while the machine is suspended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct At {
    steady: Instant,
    wall: SystemTime,
}

impl At {
    #[allow(
        clippy::disallowed_methods,
        reason = "the steady clock stands still while a machine is suspended, and the lease must not"
    )]
    pub(crate) fn now() -> Self {
        Self {
            steady: Instant::now(),
            wall: SystemTime::now(),
        }
    }
}

impl Standing {
    /// Of a site that holds nothing yet.
    pub(crate) fn new(slots: SlotCount) -> Self {
        let slots = slots.slots().map(|_| AtomicU64::new(NOTHING));
        Self(Arc::new(Inner {
            slots: slots.collect(),
            until: AtomicU64::new(0),
            until_wall: AtomicU64::new(0),
            start: At::now(),
        }))
    }

    /// Lets the site act for `lease` from `begin` on, which is when it asked, not when it was answered.
    pub(crate) fn renew(&self, begin: At, lease: Duration) {
        let (steady, wall) = self.0.elapsed(begin);
        let end = |begin| lease_end(nanos(begin), nanos(lease));
        self.0.until.store(end(steady), Release);
        self.0.until_wall.store(end(wall), Release);
    }

    /// Takes the right to act away, at once.
    pub(crate) fn end(&self) {
        self.0.until.store(0, Release);
        self.0.until_wall.store(0, Release);
    }

    /// Whether the site may act at this moment.
    pub(crate) fn is_live(&self) -> bool {
        let (steady, wall) = self.0.elapsed(At::now());
        is_lease_live(nanos(steady), self.0.until.load(Acquire))
            && is_lease_live(nanos(wall), self.0.until_wall.load(Acquire))
    }

    /// Says what the site is to a slot from now on.
    pub(crate) fn set(&self, slot: Slot, role: Option<Role>, epoch: Epoch) {
        let role = match role {
            None => NOTHING,
            Some(Role::Secondary) => SECONDARY,
            Some(Role::Primary) => PRIMARY,
        };
        if let Some(entry) = self.0.slots.get(slot.index()) {
            entry.store(epoch.number() << ROLE_BITS | role, Release);
        }
    }

    /// What the site was last told that it is to a slot, whether or not its lease has ended.
    pub(crate) fn told(&self, slot: Slot) -> (Option<Role>, Epoch) {
        let entry = self.0.slots.get(slot.index());
        let entry = entry.map_or(NOTHING, |entry| entry.load(Acquire));
        let role = match entry & ((1 << ROLE_BITS) - 1) {
            PRIMARY => Some(Role::Primary),
            SECONDARY => Some(Role::Secondary),
            _ => None,
        };
        (role, Epoch::new(entry >> ROLE_BITS))
    }

    /// What the site is to a slot: nothing once its lease has ended.
    ///
    /// The role is read before the clock and after it: one that is given after the lease was renewed is never seen
    /// with the lease of before, and one that was taken away never with the lease of after.
    pub(crate) fn grant(&self, slot: Slot) -> Option<Grant> {
        let told = self.told(slot);
        let is_live = self.is_live();
        let grant = Grant::new(slot, told.0?, told.1);
        (is_live && self.told(slot) == told).then_some(grant)
    }
}

/// When a lease ends that was asked for at `begin`, by the asker's clock.
pub(crate) const fn lease_end(begin: u64, lease: u64) -> u64 {
    begin.saturating_add(lease)
}

/// Whether a lease lasts at `now`; at its very end it does not.
pub(crate) const fn is_lease_live(now: u64, end: u64) -> bool {
    now < end
}

impl Inner {
    fn elapsed(&self, at: At) -> (Duration, Duration) {
        let steady = at.steady.saturating_duration_since(self.start.steady);
        // A wall clock that was set back says nothing; the steady one does.
        let wall = at.wall.duration_since(self.start.wall).unwrap_or_default();
        (steady, wall)
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

impl fmt::Debug for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Standing")
            .field("live", &self.is_live())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
