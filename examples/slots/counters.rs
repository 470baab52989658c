//! Counters, slot by slot: what a site holds.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, MutexGuard};
use tower_muster_slots::{Epoch, Slot, SlotCount};

/// How many additions of a slot are remembered by their ids: more than callers have under way at once.
const REMEMBERED: usize = 4_096;

/// All that a site holds.
pub(crate) struct Counters(Box<[Mutex<Shelf>]>);

/// The counters of one slot. They only grow, so that of two copies the greater number is the later one.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub(crate) struct Shelf {
    /// The highest epoch in which it was written.
    epoch: u64,
    counters: BTreeMap<String, u64>,
    /// The last additions: one that comes again is not made again.
    done: VecDeque<String>,
    /// Whether this site is the primary.
    #[serde(skip)]
    leads: bool,
    /// The addresses of sites that have all that is here, since this site is the primary.
    #[serde(skip)]
    pub(crate) level: Vec<String>,
    /// The addresses of those that copy the slot, and are told of every change from their copy on.
    #[serde(skip)]
    pub(crate) learners: Vec<String>,
}

/// One counter's new number, as a primary tells it to the other holders.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Change {
    pub(crate) epoch: u64,
    pub(crate) name: String,
    pub(crate) number: u64,
    pub(crate) id: String,
}

/// Says that a change comes from a primary of the past.
#[derive(Debug)]
pub(crate) struct Overtaken;

impl Counters {
    pub(crate) fn new(slots: SlotCount) -> Self {
        Self(slots.slots().map(|_| Mutex::default()).collect())
    }

    /// The counters of a slot, for one at a time; `None` if there is no such slot.
    pub(crate) async fn shelf(&self, slot: Slot) -> Option<MutexGuard<'_, Shelf>> {
        let shelf = self.0.get(usize::from(slot.number()))?;
        Some(shelf.lock().await)
    }
}

impl Shelf {
    pub(crate) fn number(&self, name: &str) -> u64 {
        self.counters.get(name).copied().unwrap_or_default()
    }

    /// What one more would make of a counter; `None` if this addition was made before.
    pub(crate) fn plan(&self, name: &str, id: &str, epoch: Epoch) -> Option<Change> {
        let is_new = !self.done.iter().any(|done| done == id);
        is_new.then(|| Change {
            epoch: epoch.number(),
            name: name.to_owned(),
            number: self.number(name) + 1,
            id: id.to_owned(),
        })
    }

    /// Makes a change, unless a later primary has written meanwhile.
    pub(crate) fn make(&mut self, change: Change) -> Result<(), Overtaken> {
        self.advance(change.epoch)?;
        self.counters.insert(change.name, change.number);
        self.remember(change.id);
        Ok(())
    }

    /// Takes a copy in: whatever it has that is later than here.
    pub(crate) fn merge(&mut self, copy: Self) {
        self.epoch = self.epoch.max(copy.epoch);
        for (name, number) in copy.counters {
            let own = self.counters.entry(name).or_default();
            *own = number.max(*own);
        }
        for id in copy.done {
            self.remember(id);
        }
    }

    /// The same, from a primary, unless a later one has written meanwhile.
    pub(crate) fn follow(&mut self, copy: Self) -> Result<(), Overtaken> {
        self.advance(copy.epoch)?;
        self.merge(copy);
        Ok(())
    }

    /// Begins to be written in an epoch, in which nobody is known to have all that is here.
    pub(crate) fn begin(&mut self, epoch: Epoch) {
        self.epoch = self.epoch.max(epoch.number());
        self.leads = true;
        self.level.clear();
        self.learners.clear();
    }

    /// Lets a site copy the slot, and be told of what changes afterwards; whether this site is the primary.
    pub(crate) fn teach(&mut self, learner: &str) -> bool {
        if self.leads && !self.learners.iter().any(|known| known == learner) {
            self.learners.push(learner.to_owned());
            self.level.push(learner.to_owned());
        }
        self.leads
    }

    /// Is written by this site no more; whether it was until now.
    pub(crate) fn end(&mut self) -> bool {
        std::mem::take(&mut self.leads)
    }

    fn advance(&mut self, epoch: u64) -> Result<(), Overtaken> {
        if epoch < self.epoch {
            return Err(Overtaken);
        }
        self.epoch = epoch;
        Ok(())
    }

    fn remember(&mut self, id: String) {
        if self.done.contains(&id) {
            return;
        }
        if self.done.len() == REMEMBERED {
            self.done.pop_front();
        }
        self.done.push_back(id);
    }
}
