//! A group's store in memory, with every way to lose a notice.

use std::{
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use tokio::{sync::mpsc, time::sleep};

use crate::{
    record::{Notice, SlotRecord, Snapshot},
    store::StoreError,
    table::{
        follow::{Head, Notices, Source},
        tests::{SLOT, notice, record, snapshot},
    },
};

/// Clones are one.
#[derive(Clone)]
pub(super) struct Fake(Arc<Mutex<State>>);

struct State {
    truth: Option<Snapshot>,
    story: Vec<&'static str>,
    listeners: Vec<mpsc::UnboundedSender<Notice>>,
    /// What is answered instead, if it is away.
    away: Option<fn() -> StoreError>,
    slow: Duration,
}

impl Fake {
    /// Of a group at version 10, of which [`SLOT`] is with the first site under epoch 100.
    pub(super) fn new() -> Self {
        let truth = snapshot(10, &[1, 2, 3], vec![record(SLOT, 100, &[1, 2])]);
        Self(Arc::new(Mutex::new(State {
            truth: Some(truth),
            story: Vec::new(),
            listeners: Vec::new(),
            away: None,
            slow: Duration::ZERO,
        })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no panic")
    }

    pub(super) fn holders(&self) -> usize {
        Arc::strong_count(&self.0)
    }

    /// What was asked, in order.
    pub(super) fn story(&self) -> Vec<&'static str> {
        self.state().story.clone()
    }

    fn count(&self, what: &str) -> usize {
        self.state()
            .story
            .iter()
            .filter(|asked| **asked == what)
            .count()
    }

    pub(super) fn snapshots(&self) -> usize {
        self.count("snapshot")
    }

    pub(super) fn subscriptions(&self) -> usize {
        self.count("subscribe")
    }

    pub(super) fn heads(&self) -> usize {
        self.count("head")
    }

    /// Changes a slot; whoever listens is told.
    pub(super) fn change(&self, record: SlotRecord) {
        let notice = self.change_silently(record);
        self.publish(&notice);
    }

    /// Changes a slot; nobody is told.
    pub(super) fn change_silently(&self, record: SlotRecord) -> Notice {
        let mut state = self.state();
        let truth = state.truth.as_mut().expect("a group");
        truth.version += 1;
        truth.slots.retain(|other| other.slot != record.slot);
        truth.slots.push(record.clone());
        Notice {
            life: truth.life.clone(),
            ..notice(truth.version, vec![record])
        }
    }

    pub(super) fn publish(&self, notice: &Notice) {
        self.state()
            .listeners
            .retain(|listener| listener.send(notice.clone()).is_ok());
    }

    /// Goes back to an earlier state, as a replica does that takes over.
    pub(super) fn restore(&self, truth: Snapshot) {
        self.state().truth = Some(truth);
    }

    pub(super) fn truth(&self) -> Snapshot {
        self.state().truth.clone().expect("a group")
    }

    pub(super) fn lose_everything(&self) {
        self.state().truth = None;
    }

    /// The first sites join another life.
    pub(super) fn begin(&self, life: &str) {
        let mut truth = snapshot(1, &[1, 2, 3], Vec::new());
        truth.life = life.into();
        self.state().truth = Some(truth);
        let mut first = notice(1, Vec::new());
        first.life = life.into();
        self.publish(&first);
    }

    pub(super) fn go_away(&self) {
        self.fail_with(|| StoreError::Silent {
            after: Duration::from_secs(2),
        });
        self.drop_connections();
    }

    /// Answers every question so, while connections stay.
    pub(super) fn fail_with(&self, error: fn() -> StoreError) {
        self.state().away = Some(error);
    }

    pub(super) fn come_back(&self) {
        self.state().away = None;
    }

    pub(super) fn drop_connections(&self) {
        self.state().listeners.clear();
    }

    /// Snapshots take so long from when they are read until they are there.
    pub(super) fn be_slow(&self, slow: Duration) {
        self.state().slow = slow;
    }

    fn ask(&self, what: &'static str) -> Result<MutexGuard<'_, State>, StoreError> {
        let mut state = self.state();
        state.story.push(what);
        match state.away {
            Some(error) => Err(error()),
            None => Ok(state),
        }
    }
}

impl Source for Fake {
    type Notices = mpsc::UnboundedReceiver<Notice>;

    async fn subscribe(&self) -> Result<Self::Notices, StoreError> {
        let (sender, receiver) = mpsc::unbounded_channel();
        self.ask("subscribe")?.listeners.push(sender);
        Ok(receiver)
    }

    async fn snapshot(&self) -> Result<Option<Snapshot>, StoreError> {
        let (truth, slow) = {
            let state = self.ask("snapshot")?;
            (state.truth.clone(), state.slow)
        };
        sleep(slow).await;
        Ok(truth)
    }

    async fn head(&self) -> Result<Option<Head>, StoreError> {
        let state = self.ask("head")?;
        Ok(state.truth.as_ref().map(|truth| Head {
            life: truth.life.clone(),
            version: truth.version,
        }))
    }
}

impl Notices for mpsc::UnboundedReceiver<Notice> {
    async fn next(&mut self) -> Option<Notice> {
        self.recv().await
    }
}
