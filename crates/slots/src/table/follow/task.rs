//! The task that follows.

use std::{
    collections::VecDeque,
    error::Error,
    ops::ControlFlow::{self, Break, Continue},
    sync::Weak,
    time::Duration,
};

use tokio::time::{Instant, sleep, sleep_until};

use super::{Notices, Pace, Source};
use crate::{
    record::Notice,
    store::StoreError,
    table::{Applied, Shared, TableError},
};

/// How many notices are kept while a snapshot is read. With more the snapshot is read again.
const MOST_KEPT: usize = 4_096;

/// Follows until the table is gone; it holds the table only while it writes.
pub(in crate::table) async fn run(table: Weak<Shared>, source: impl Source, pace: Pace) {
    let mut failures = 0;
    while table.strong_count() > 0 {
        match source.subscribe().await {
            Ok(notices) => {
                let following = Following {
                    table: &table,
                    source: &source,
                    pace,
                    notices,
                    check_at: pace.next_check(),
                    failures: &mut failures,
                };
                following.run().await;
            }
            Err(error) => failed(&table, "subscribe", error),
        }
        pace.retry(&mut failures).await;
    }
}

/// One connection's worth of following.
struct Following<'a, S: Source> {
    table: &'a Weak<Shared>,
    source: &'a S,
    pace: Pace,
    notices: S::Notices,
    check_at: Instant,
    failures: &'a mut u32,
}

/// Whether the table has all that is known; if not, a snapshot is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Whole,
    Torn,
}

impl<S: Source> Following<'_, S> {
    /// Ends when the connection is lost, or the table is gone.
    async fn run(mut self) {
        // Whatever happened before the subscription is in the snapshot, whatever happens from now on is told.
        let mut state = State::Torn;
        loop {
            let next = match state {
                State::Torn => self.repair().await,
                State::Whole => self.listen().await,
            };
            match next {
                Continue(next) => state = next,
                Break(()) => return,
            }
        }
    }

    /// Applies notices as they come, until one is missing.
    async fn listen(&mut self) -> ControlFlow<(), State> {
        loop {
            let notice = tokio::select! {
                biased;
                notice = self.notices.next() => notice,
                () = sleep_until(self.check_at) => return self.check().await,
            };
            let Some(notice) = notice else {
                return Break(());
            };
            match self.apply(&notice)? {
                Applied::Taken => {}
                // Redis has forgotten changes, or it was on its way while a snapshot was read.
                Applied::Old => self.check_at = self.check_at.min(Instant::now() + self.pace.doubt),
                Applied::Gap | Applied::OtherLife => return Continue(State::Torn),
            }
        }
    }

    /// Reads one snapshot, and applies after it what was told meanwhile.
    ///
    /// However many notices are missing, and however many more come: they are all in it.
    async fn repair(&mut self) -> ControlFlow<(), State> {
        let mut kept = VecDeque::new();
        let mut is_torn = false;
        let mut snapshot = std::pin::pin!(self.source.snapshot());
        let snapshot = loop {
            tokio::select! {
                snapshot = &mut snapshot => break snapshot,
                notice = self.notices.next() => match notice {
                    Some(notice) => {
                        if kept.len() == MOST_KEPT {
                            kept.clear();
                            is_torn = true;
                        }
                        kept.push_back(notice);
                    }
                    None => return Break(()),
                },
            }
        };
        match snapshot {
            Ok(Some(snapshot)) => self.table.upgrade().map_or(Break(()), |table| {
                // Before it, so that whoever is woken by it finds none.
                table.trouble.store(None);
                table.replace(&snapshot);
                Continue(())
            })?,
            // The first site's joining will be told.
            Ok(None) => {
                self.check_at = self.pace.next_check();
                trouble(self.table, StoreError::NoGroup.into());
                return Continue(State::Whole);
            }
            Err(error) => {
                failed(self.table, "read a snapshot", error);
                self.pace.retry(self.failures).await;
                return Continue(State::Torn);
            }
        }
        self.check_at = self.pace.next_check();
        for notice in kept {
            match self.apply(&notice)? {
                Applied::Taken | Applied::Old => {}
                Applied::Gap | Applied::OtherLife => is_torn = true,
            }
        }
        if is_torn {
            self.pace.retry(self.failures).await;
            return Continue(State::Torn);
        }
        *self.failures = 0;
        Continue(State::Whole)
    }

    /// Finds out whether the last notices were lost: nothing that comes later would tell, where nothing comes.
    async fn check(&mut self) -> ControlFlow<(), State> {
        // Before it is asked: a number that is lower then was forgotten by Redis.
        let known = self
            .table
            .upgrade()
            .map_or(Break(()), |table| Continue(table.head()))?;
        let head = self.source.head().await;
        self.check_at = self.pace.next_check();
        let head = match head {
            Ok(Some(head)) => head,
            // Nobody has joined since Redis lost the group, or since ever: routing goes on from what is known.
            Ok(None) => {
                trouble(self.table, StoreError::NoGroup.into());
                return Continue(State::Whole);
            }
            Err(error) => {
                failed(self.table, "read the last notice's number", error);
                return Continue(State::Whole);
            }
        };
        match known {
            Some((life, version)) if life == head.life && version <= head.version => {
                self.is_told(head.version).await
            }
            _ => Continue(State::Torn),
        }
    }

    /// A change that was read may be told a moment later: only if it is not, it was lost.
    async fn is_told(&mut self, version: u64) -> ControlFlow<(), State> {
        let patience = sleep(self.pace.doubt);
        tokio::pin!(patience);
        loop {
            let table = self.table.upgrade().map_or(Break(()), Continue)?;
            if table.version() >= version {
                table.trouble.store(None);
                return Continue(State::Whole);
            }
            drop(table);
            let notice = tokio::select! {
                biased;
                notice = self.notices.next() => notice,
                () = &mut patience => return Continue(State::Torn),
            };
            let Some(notice) = notice else {
                return Break(());
            };
            if matches!(self.apply(&notice)?, Applied::Gap | Applied::OtherLife) {
                return Continue(State::Torn);
            }
        }
    }

    fn apply(&self, notice: &Notice) -> ControlFlow<(), Applied> {
        match self.table.upgrade() {
            Some(table) => Continue(table.apply(notice)),
            None => Break(()),
        }
    }
}

impl Pace {
    fn next_check(&self) -> Instant {
        Instant::now() + jittered(self.check, 0.9)
    }

    /// Waits after a failure; each time longer.
    async fn retry(&self, failures: &mut u32) {
        let doubled = self.first_retry.saturating_mul(1 << (*failures).min(16));
        *failures = failures.saturating_add(1);
        // At least half of it, so that a Redis that refuses at once is not asked in a loop.
        sleep(jittered(doubled.min(self.last_retry), 0.5)).await;
    }
}

/// A part of `period`, by chance, between `least` and the whole.
fn jittered(period: Duration, least: f64) -> Duration {
    period.mul_f64(least + (1.0 - least) * fastrand::f64())
}

fn failed(table: &Weak<Shared>, what: &str, error: StoreError) {
    let error = TableError::from(error);
    tracing::warn!(
        target: "tower_muster_slots",
        error = &error as &(dyn Error + 'static),
        "could not {what}; it is tried again"
    );
    trouble(table, error);
}

/// Keeps it for whoever asks why.
fn trouble(table: &Weak<Shared>, error: TableError) {
    if let Some(table) = table.upgrade() {
        table.trouble.store(Some(error.into()));
    }
}
