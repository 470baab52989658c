//! An application of which every call is counted, and which fails as it is told.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};

use tokio::{
    sync::watch,
    time::{Duration, sleep},
};

use crate::{Acquire, Epoch, Grant, Handler, Role, Slot};

/// What an application has lived through.
#[derive(Debug, Default)]
pub(super) struct Lived {
    pub(super) acquired: BTreeMap<Slot, u32>,
    /// How often it was asked to copy what it lacked of a slot that was here.
    pub(super) caught_up: BTreeMap<Slot, u32>,
    pub(super) released: BTreeMap<Slot, u32>,
    /// Who could be copied from, at the last acquisition.
    pub(super) sources: BTreeMap<Slot, Vec<String>>,
    pub(super) told: BTreeMap<Slot, Vec<(Role, Epoch)>>,
    pub(super) moving: usize,
    pub(super) most_moving: usize,
    /// When it was asked to acquire, in ms since the first time.
    pub(super) tries: Vec<tokio::time::Instant>,
}

/// How it behaves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Mood {
    #[default]
    Fine,
    /// Cannot acquire.
    Fails,
    /// Panics when it is to acquire.
    Panics,
    /// Panics when it becomes primary.
    PanicsAtRoles,
    /// Panics when it is primary no more.
    PanicsAtTheEnd,
    /// Does not come back.
    Hangs,
}

#[derive(Clone, Default)]
pub(super) struct App {
    lived: Arc<Mutex<Lived>>,
    pub(super) mood: Arc<watch::Sender<Mood>>,
    /// How long it takes to make a slot ready, or to let it go.
    pub(super) takes: Arc<Mutex<Duration>>,
}

impl App {
    pub(super) fn lived(&self) -> MutexGuard<'_, Lived> {
        self.lived
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn mood(&self) -> Mood {
        *self.mood.borrow()
    }
}

impl Handler for App {
    type Error = &'static str;

    async fn acquire(&self, slot: Acquire) -> Result<(), &'static str> {
        let holders = slot.holders.iter().map(|member| member.id().to_string());
        {
            let mut lived = self.lived();
            lived.sources.insert(slot.slot, holders.collect());
            lived.tries.push(tokio::time::Instant::now());
            lived.moving += 1;
            lived.most_moving = lived.most_moving.max(lived.moving);
        }
        let takes = *self.takes.lock().expect("no panic inside");
        sleep(takes).await;
        self.lived().moving -= 1;
        match self.mood() {
            Mood::Fails => return Err("the disk is full"),
            Mood::Panics => panic!("as the test wants it"),
            Mood::Hangs => std::future::pending().await,
            Mood::Fine | Mood::PanicsAtRoles | Mood::PanicsAtTheEnd => {}
        }
        let mut lived = self.lived();
        let times = match slot.held {
            None => &mut lived.acquired,
            Some(_) => &mut lived.caught_up,
        };
        *times.entry(slot.slot).or_default() += 1;
        Ok(())
    }

    async fn release(&self, slot: Slot) {
        let takes = *self.takes.lock().expect("no panic inside");
        sleep(takes).await;
        *self.lived().released.entry(slot).or_default() += 1;
    }

    async fn primary_changed(&self, grant: Grant) {
        let told = (grant.role, grant.epoch);
        self.lived().told.entry(grant.slot).or_default().push(told);
        match self.mood() {
            Mood::PanicsAtRoles if grant.role == Role::Primary => panic!("as the test wants it"),
            Mood::PanicsAtTheEnd if grant.role != Role::Primary => panic!("as the test wants it"),
            Mood::Hangs => std::future::pending().await,
            _ => {}
        }
    }
}
