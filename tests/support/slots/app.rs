//! An application of which every call is counted, and which waits or fails as it is told.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;
use tower_muster_slots::{Acquire, Epoch, Grant, Handler, Role, Slot};

/// What an application has lived through.
#[derive(Debug, Clone, Default)]
pub struct Lived {
    /// How often each slot was made ready.
    pub acquired: BTreeMap<Slot, usize>,
    /// How often it was tried to.
    pub tried: BTreeMap<Slot, usize>,
    /// How often it copied what it lacked of a slot that was ready before.
    pub caught_up: BTreeMap<Slot, usize>,
    /// How often each slot was let go.
    pub released: BTreeMap<Slot, usize>,
    /// Who could be copied from, at the last time.
    pub sources: BTreeMap<Slot, Vec<String>>,
    /// The roles that it was told, in order.
    pub told: BTreeMap<Slot, Vec<(Role, Epoch)>>,
    /// How many slots are being made ready.
    pub moving: usize,
    /// How many were at once at most.
    pub most_moving: usize,
}

impl Lived {
    /// Returns how many slots were made ready, each as often as it was.
    pub fn acquisitions(&self) -> usize {
        self.acquired.values().sum()
    }
}

/// Is an application that has nothing to move.
#[derive(Debug, Clone)]
pub struct App {
    lived: Arc<Mutex<Lived>>,
    is_closed: Arc<watch::Sender<bool>>,
    is_failing: Arc<watch::Sender<bool>>,
}

impl App {
    /// Makes one that is ready at once.
    pub fn new() -> Self {
        Self {
            lived: Arc::default(),
            is_closed: Arc::new(watch::Sender::new(false)),
            is_failing: Arc::new(watch::Sender::new(false)),
        }
    }

    /// Makes one that makes nothing ready until it is [opened](Self::open).
    pub fn closed() -> Self {
        let app = Self::new();
        app.close();
        app
    }

    /// Makes nothing ready from now on.
    pub fn close(&self) {
        self.is_closed.send_replace(true);
    }

    /// Lets slots become ready.
    pub fn open(&self) {
        self.is_closed.send_replace(false);
    }

    /// Makes every try to make a slot ready fail, or not any more.
    pub fn fail(&self, is_failing: bool) {
        self.is_failing.send_replace(is_failing);
    }

    /// Returns what it has lived through.
    pub fn lived(&self) -> Lived {
        self.lock().clone()
    }

    /// Returns how often a slot was made ready.
    pub fn acquired(&self, slot: Slot) -> usize {
        self.lock().acquired.get(&slot).copied().unwrap_or_default()
    }

    /// Returns how often a slot was let go.
    pub fn released(&self, slot: Slot) -> usize {
        self.lock().released.get(&slot).copied().unwrap_or_default()
    }

    /// Returns what it was told last about a slot.
    pub fn told(&self, slot: Slot) -> Option<(Role, Epoch)> {
        self.lock().told.get(&slot)?.last().copied()
    }

    fn lock(&self) -> MutexGuard<'_, Lived> {
        self.lived.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for App {
    fn default() -> Self {
        Self::new()
    }
}

impl Handler for App {
    type Error = &'static str;

    async fn acquire(&self, slot: Acquire) -> Result<(), &'static str> {
        let holders = slot.holders.iter().map(|member| member.id().to_string());
        {
            let mut lived = self.lock();
            if slot.held.is_none() {
                *lived.tried.entry(slot.slot).or_default() += 1;
            }
            lived.sources.insert(slot.slot, holders.collect());
            lived.moving += 1;
            lived.most_moving = lived.most_moving.max(lived.moving);
        }
        let mut is_closed = self.is_closed.subscribe();
        // The sender is as old as the application.
        let _ = is_closed.wait_for(|is_closed| !is_closed).await;
        let mut lived = self.lock();
        lived.moving -= 1;
        if *self.is_failing.borrow() {
            return Err("the disk is full");
        }
        let times = match slot.held {
            None => &mut lived.acquired,
            Some(_) => &mut lived.caught_up,
        };
        *times.entry(slot.slot).or_default() += 1;
        Ok(())
    }

    async fn release(&self, slot: Slot) {
        *self.lock().released.entry(slot).or_default() += 1;
    }

    async fn primary_changed(&self, grant: Grant) {
        let told = (grant.role, grant.epoch);
        self.lock().told.entry(grant.slot).or_default().push(told);
    }
}
