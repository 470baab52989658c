//! What all handles of a table share.

use std::sync::{
    Mutex, MutexGuard, OnceLock, PoisonError,
    atomic::{
        AtomicU16, AtomicU64,
        Ordering::{Acquire, Release},
    },
};

use arc_swap::{ArcSwap, ArcSwapOption};
use tokio::{sync::watch, task::AbortHandle, time::Instant};

use super::{
    Applied, TableError, cells::Cells, members::Members, roll::Roll, waiting::Waiting,
    writer::AT_ONCE, writer::Writer,
};
use crate::{
    Epoch, Group, MAX_SLOTS, SiteId, Slot, SlotCount,
    record::{Notice, Snapshot},
};

/// What all handles of a table share.
pub(super) struct Shared {
    pub(super) cells: Cells,
    pub(super) roll: Roll,
    pub(super) waiting: Waiting,
    pub(super) members: ArcSwap<Members>,
    /// The number of the list of members, to be looked at and to be waited for.
    pub(super) number: AtomicU64,
    pub(super) listed: watch::Sender<u64>,
    /// Counts what was written: notices, snapshots, and what sites told.
    pub(super) changes: watch::Sender<u64>,
    pub(super) group: ArcSwapOption<Group>,
    /// Why the group could not be read, if it was tried and failed.
    pub(super) trouble: ArcSwapOption<TableError>,
    /// How many slots the group has; 0 while it is not known.
    count: AtomicU16,
    version: AtomicU64,
    writer: Mutex<Writer>,
    /// What the times of doubts are counted from.
    pub(super) start: Instant,
    /// What follows the group, if something does.
    pub(super) task: OnceLock<AbortHandle>,
}

impl Shared {
    pub(super) fn new() -> Self {
        Self {
            cells: Cells::new(),
            roll: Roll::new(),
            waiting: Waiting::new(),
            members: ArcSwap::default(),
            number: AtomicU64::new(0),
            listed: watch::Sender::new(0),
            changes: watch::Sender::new(0),
            group: ArcSwapOption::empty(),
            trouble: ArcSwapOption::empty(),
            count: AtomicU16::new(0),
            version: AtomicU64::new(0),
            writer: Mutex::default(),
            start: Instant::now(),
            task: OnceLock::new(),
        }
    }

    pub(super) fn count(&self) -> Option<SlotCount> {
        SlotCount::new(self.count.load(Acquire).into())
    }

    pub(super) fn has(&self, slot: Slot) -> bool {
        slot.number() < self.count.load(Acquire)
    }

    pub(super) fn version(&self) -> u64 {
        self.version.load(Acquire)
    }

    pub(super) fn every_slot(&self) -> impl Iterator<Item = Slot> + use<> {
        (0..self.count.load(Acquire)).map(Slot::new)
    }

    /// The group's life, and the last notice that is part of the table.
    pub(super) fn head(&self) -> Option<(Box<str>, u64)> {
        let writer = self.writer();
        let life = writer.life.clone()?;
        Some((life, self.version()))
    }

    pub(super) fn apply(&self, notice: &Notice) -> Applied {
        let mut writer = self.writer();
        let known = self.version();
        match &writer.life {
            Some(life) if *life == notice.life => {}
            _ => return Applied::OtherLife,
        }
        if notice.version <= known {
            return Applied::Old;
        }
        if notice.version - known > 1 {
            return Applied::Gap;
        }
        writer.notice(self, notice);
        self.version.store(notice.version, Release);
        drop(writer);
        self.changed();
        Applied::Taken
    }

    /// Writes a snapshot slot by slot; the lock is given back again and again, so that nobody waits for the whole.
    pub(super) fn replace(&self, snapshot: &Snapshot) {
        let mut records: Vec<_> = snapshot.slots.iter().collect();
        records.sort_unstable_by_key(|record| record.slot);
        let count = snapshot.group.slots().get();
        {
            let mut writer = self.writer();
            self.group.store(Some(snapshot.group.clone().into()));
            self.count.store(count, Release);
            writer.life = Some(snapshot.life.clone());
            self.version.store(snapshot.version, Release);
            writer.members(self, snapshot);
        }
        let mut records = records.into_iter().peekable();
        let mut slots = (0..MAX_SLOTS).map(Slot::new).peekable();
        while slots.peek().is_some() {
            let writer = self.writer();
            for slot in slots.by_ref().take(AT_ONCE) {
                let record = records.next_if(|record| record.slot == slot);
                match record.filter(|record| record.epoch >= self.cells.word(slot).epoch()) {
                    Some(newer) if slot.number() < count => writer.slot(self, newer),
                    _ => writer.forget(self, slot, record),
                }
            }
        }
        self.changed();
        self.waiting.wake_all();
    }

    pub(super) fn learn(&self, slot: Slot, epoch: Epoch, primary: Option<&SiteId>) -> bool {
        let is_new = self.writer().learn(self, slot, epoch, primary);
        if is_new {
            self.changed();
        }
        is_new
    }

    fn changed(&self) {
        self.changes
            .send_modify(|changes| *changes = changes.wrapping_add(1));
    }

    /// Whoever panics here leaves single slots behind, each of them whole.
    fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        if let Some(task) = self.task.get() {
            task.abort();
        }
    }
}
