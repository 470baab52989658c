//! Whether an attempt has somebody to go to.

use std::{
    sync::{
        Arc,
        atomic::{
            AtomicU64,
            Ordering::{Acquire, Release},
        },
    },
    time::Duration,
};

use tokio::time::Instant;
use tower_muster::{Answered, Attempt, Cluster, Kind, Node, Origin, Topology};

use crate::{Epoch, Slot, SlotTable, route::SlotKey};

/// After which share of the group's timeout a call comes back to a primary that it has tried once, twice and so on:
/// soon the first time, when that may not have heard of its role yet, and together for longer than it takes to replace
/// a dead one.
const COME_BACK: [f64; 4] = [0.01, 0.125, 0.5, 1.0];

/// What the attempts of one stack ask.
#[derive(Debug)]
pub(super) struct Gate {
    pub(super) table: SlotTable,
    pub(super) cluster: Cluster,
    /// The list of members of which is known that the cluster has all.
    synced: AtomicU64,
}

/// Leave to be sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pass {
    pub(super) slot: Slot,
    /// As of the primary; of no use for a read of any holder.
    pub(super) epoch: Epoch,
    /// Whether the primary is the one to be asked.
    pub(super) to_primary: bool,
    /// Whether it is the one request that goes to see about a doubt.
    pub(super) is_probe: bool,
}

/// Whether an attempt goes on.
#[derive(Debug)]
pub(super) enum Look {
    Go(Pass),
    Wait(Wait),
}

/// What an attempt waits for beside a change of its slot.
#[derive(Debug, Default)]
pub(super) struct Wait {
    pub(super) until: Option<Instant>,
    /// That the cluster has other nodes than these.
    pub(super) beyond: Option<Arc<Topology>>,
}

impl Gate {
    pub(super) fn new(table: SlotTable, cluster: Cluster) -> Self {
        Self {
            table,
            cluster,
            synced: AtomicU64::new(0),
        }
    }

    /// Looks once; `begun` is when the attempt began to wait, if it does already.
    #[inline]
    pub(super) fn look(
        &self,
        slot: Slot,
        key: SlotKey,
        attempt: Option<&Attempt>,
        begun: Option<Instant>,
    ) -> Look {
        match key.allows_replica() {
            true => self.look_for_holder(slot),
            false => self.look_for_primary(slot, attempt, begun),
        }
    }

    #[inline]
    fn look_for_primary(
        &self,
        slot: Slot,
        attempt: Option<&Attempt>,
        begun: Option<Instant>,
    ) -> Look {
        let Some(primary) = self.table.primary(slot) else {
            return self.nobody(slot, None);
        };
        let origin = primary.member().node().origin();
        if let Err(known) = self.has(origin) {
            return beyond(known);
        }
        let doubts = [Some(&primary.site().doubt), self.table.doubt(slot)];
        let mut doubts = doubts
            .into_iter()
            .flatten()
            .filter(|doubt| !doubt.is_none())
            .peekable();
        let is_probe = doubts.peek().is_some();
        if let Some(attempt) = attempt {
            let wait = self.before_coming_back(attempt, origin, is_probe);
            let begun = begun.unwrap_or_else(Instant::now);
            if !wait.is_zero() && begun + wait > Instant::now() {
                return until(begun + wait);
            }
        }
        let now = is_probe.then(|| self.table.now());
        for doubt in doubts {
            if let Some(Err(at)) = now.as_ref().map(|now| doubt.claim(now)) {
                return until(at);
            }
        }
        Look::Go(Pass {
            slot,
            epoch: primary.epoch(),
            to_primary: true,
            is_probe,
        })
    }

    /// How long this call waits before it asks a primary, which it may have tried.
    fn before_coming_back(&self, attempt: &Attempt, primary: &Origin, in_doubt: bool) -> Duration {
        let tried = attempt.tried().iter();
        let times = tried.filter(|node| node.origin() == primary).count();
        if times == 0 {
            return Duration::ZERO;
        }
        let (ended, last) = (attempt.before(), COME_BACK.len() - 1);
        // One of two that are made side by side: the other is with the primary at this moment, and nobody tells when it
        // has failed.
        let is_second = ended.len() + 1 < attempt.number() as usize;
        if !is_second && !in_doubt && ended.last().is_some_and(|last| is_over(*last, times)) {
            return Duration::ZERO;
        }
        let round = if is_second { last } else { last.min(times - 1) };
        self.table.now().timeout.mul_f64(COME_BACK[round])
    }

    fn look_for_holder(&self, slot: Slot) -> Look {
        let entry = self.table.entry(slot);
        let mut known = None;
        for site in entry.iter().flat_map(|entry| entry.holders()) {
            match self.has(site.member().node().origin()) {
                Ok(()) => {
                    return Look::Go(Pass {
                        slot,
                        epoch: Epoch::NONE,
                        to_primary: false,
                        is_probe: false,
                    });
                }
                Err(topology) => known = Some(topology),
            }
        }
        self.nobody(slot, known)
    }

    /// Nobody has a slot: it is waited for, if there is such a slot. If not, the policy says at once that nobody can
    /// have it.
    fn nobody(&self, slot: Slot, beyond: Option<Arc<Topology>>) -> Look {
        let slots = self.table.slots();
        match slots.is_none_or(|slots| slots.slot(slot.number()).is_some()) {
            true => Look::Wait(Wait {
                until: None,
                beyond,
            }),
            false => Look::Go(Pass {
                slot,
                epoch: Epoch::NONE,
                to_primary: false,
                is_probe: false,
            }),
        }
    }

    /// Whether the cluster has heard of a member; if not, what it knows.
    #[inline]
    fn has(&self, origin: &Origin) -> Result<(), Arc<Topology>> {
        let number = self.table.members_number();
        match self.synced.load(Acquire) == number {
            true => Ok(()),
            false => self.sync(origin, number),
        }
    }

    #[cold]
    fn sync(&self, origin: &Origin, number: u64) -> Result<(), Arc<Topology>> {
        let topology = self.cluster.topology();
        let members = self.table.listed();
        let has = |node: &Node| topology.find(node.origin()).is_some();
        if members.number == number
            && members
                .iter()
                .all(|listed| has(listed.site.member().node()))
        {
            self.synced.store(number, Release);
            return Ok(());
        }
        match topology.find(origin) {
            Some(_) => Ok(()),
            None => Err(topology),
        }
    }
}

/// Whether what has ended an attempt says nothing of a primary that nobody doubts.
fn is_over(last: Answered, times: usize) -> bool {
    // A refusal raised a doubt, and another request has shown since that there is no reason for it. Or a connection
    // ended before the request was read, which may happen once.
    last.kind() == Kind::Refused && (last.status().is_some() || times == 1)
}

fn until(at: Instant) -> Look {
    Look::Wait(Wait {
        until: Some(at),
        beyond: None,
    })
}

fn beyond(known: Arc<Topology>) -> Look {
    Look::Wait(Wait {
        until: None,
        beyond: Some(known),
    })
}
