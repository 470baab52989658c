//! What was accepted: as the sites wrote it down, and as the clients were told.

use std::{
    fs,
    path::Path,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::time::Instant;

/// One accepted write, as its site wrote it down; the line's place in the log is its place in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// Which process: a site that is started again is another one.
    pub(crate) process: String,
    pub(crate) slot: u16,
    pub(crate) epoch: u64,
    pub(crate) id: u64,
}

impl Line {
    fn parse(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let line = Self {
            process: words.next()?.to_owned(),
            slot: words.next()?.parse().ok()?,
            epoch: words.next()?.parse().ok()?,
            id: words.next()?.parse().ok()?,
        };
        words.next().is_none().then_some(line)
    }

    /// Reads the log as far as it is written.
    pub(crate) fn read(log: &Path) -> Result<Vec<Self>, String> {
        let text = fs::read_to_string(log).unwrap_or_default();
        let end = text.rfind('\n').unwrap_or_default();
        let lines = text[..end].lines();
        lines
            .map(|line| Self::parse(line).ok_or_else(|| format!("a line is torn: {line:?}")))
            .collect()
    }
}

/// One write that a client was told is accepted.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    /// Since the run began, before the first byte was sent and after the last was received.
    pub(crate) sent: Duration,
    pub(crate) received: Duration,
    /// The epoch that it was sent with, if the client chose one.
    pub(crate) asked: Option<u64>,
    pub(crate) line: Line,
    /// The address of the site.
    pub(crate) origin: String,
}

/// All that the clients of a run were told.
#[derive(Debug)]
pub(crate) struct Journal {
    start: Instant,
    ids: AtomicU64,
    answers: Mutex<Vec<Answer>>,
    /// The highest epoch of each slot that anybody was told of, and so whether a write is sent with an old one.
    highest: Box<[AtomicU64]>,
    /// Writes that were sent with an epoch below the highest.
    pub(crate) old: AtomicU64,
    /// Writes that were refused, or withheld by the fence, or had no answer.
    pub(crate) refused: AtomicU64,
    pub(crate) lost: AtomicU64,
    pub(crate) silent: AtomicU64,
}

impl Journal {
    pub(crate) fn new(slots: u16) -> Self {
        Self {
            start: Instant::now(),
            ids: AtomicU64::new(1),
            answers: Mutex::default(),
            highest: (0..slots).map(|_| AtomicU64::new(0)).collect(),
            old: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            lost: AtomicU64::new(0),
            silent: AtomicU64::new(0),
        }
    }

    pub(crate) fn now(&self) -> Duration {
        self.start.elapsed()
    }

    pub(crate) fn id(&self) -> u64 {
        self.ids.fetch_add(1, Relaxed)
    }

    pub(crate) fn answers(&self) -> MutexGuard<'_, Vec<Answer>> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn put(&self, answer: Answer) {
        self.saw(answer.line.slot, answer.line.epoch);
        self.answers().push(answer);
    }

    /// Takes note of an epoch of a slot.
    pub(crate) fn saw(&self, slot: u16, epoch: u64) {
        self.highest[usize::from(slot)].fetch_max(epoch, Relaxed);
    }

    pub(crate) fn highest(&self, slot: u16) -> u64 {
        self.highest[usize::from(slot)].load(Relaxed)
    }

    pub(crate) fn summary(&self) -> String {
        let count = |counter: &AtomicU64| counter.load(Relaxed);
        format!(
            "{} accepted, {} sent with an old epoch, {} refused, {} withheld, {} without an answer",
            self.answers().len(),
            count(&self.old),
            count(&self.refused),
            count(&self.lost),
            count(&self.silent),
        )
    }
}
