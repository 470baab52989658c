//! Counters, slot by slot: what a site holds.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, VecDeque},
};

use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, MutexGuard};
use tower_muster_slots::{Epoch, Slot, SlotCount};

/// How many additions of a slot are remembered by their ids: more than callers have under way at once.
const REMEMBERED: usize = 4_096;

/// All that a site holds.
pub(crate) struct Counters(Box<[Mutex<Shelf>]>);

/// The counters of one slot.
///
/// What callers were told is with every holder, so of two copies the one of the later epoch has it all. Within an epoch
/// one primary makes one change after another, so of two copies the one with the greater numbers has the other's, too.
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
    /// In which epoch this site was the primary last.
    #[serde(skip)]
    led: u64,
    /// The addresses of sites that have all that is here, since this site is the primary.
    #[serde(skip)]
    pub(crate) level: Vec<String>,
    /// The addresses of those that copy the slot, and are told of every change from their copy on: until they are
    /// holders, or members no more.
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
    ///
    /// One that was told twice, or late, is as good as one that came once.
    pub(crate) fn make(&mut self, change: &Change) -> Result<(), Overtaken> {
        if change.epoch < self.epoch {
            return Err(Overtaken);
        }
        self.epoch = change.epoch;
        self.grow(&change.name, change.number);
        self.remember(change.id.clone());
        Ok(())
    }

    /// Takes a copy in, unless what is here is later.
    pub(crate) fn merge(&mut self, copy: Self) {
        match copy.epoch.cmp(&self.epoch) {
            Ordering::Less => {}
            // What is here and not there, no caller was ever told.
            Ordering::Greater => *self = copy,
            Ordering::Equal => {
                for (name, number) in copy.counters {
                    self.grow(&name, number);
                }
                copy.done.into_iter().for_each(|id| self.remember(id));
            }
        }
    }

    /// Becomes what the primary has, unless a later one has written meanwhile.
    pub(crate) fn follow(&mut self, copy: Self) -> Result<(), Overtaken> {
        if copy.epoch < self.epoch {
            return Err(Overtaken);
        }
        *self = copy;
        Ok(())
    }

    /// Begins to be written in an epoch, in which nobody is known to have all that is here.
    ///
    /// It may go on under the same epoch: whoever has begun to copy is still told then.
    pub(crate) fn begin(&mut self, epoch: Epoch) {
        if self.led != epoch.number() {
            self.level.clear();
            self.learners.clear();
        }
        self.led = epoch.number();
        self.epoch = self.epoch.max(self.led);
        self.leads = true;
    }

    /// Lets a site copy the slot, and be told of what changes afterwards; whether this site is the primary.
    pub(crate) fn teach(&mut self, learner: &str) -> bool {
        if self.leads && !self.learners.iter().any(|known| known == learner) {
            self.learners.push(learner.to_owned());
            self.level.push(learner.to_owned());
        }
        self.leads
    }

    /// Is written by this site no more.
    pub(crate) fn end(&mut self) {
        self.leads = false;
    }

    fn grow(&mut self, name: &str, number: u64) {
        let own = self.counters.entry(name.to_owned()).or_default();
        *own = number.max(*own);
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
