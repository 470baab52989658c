//! Batches of operations, in one thread or in several at once.

use std::{sync::Barrier, thread, time::Duration};

use serde::Serialize;
use tower_muster::BoxError;

use super::{
    muster::REPEATS,
    subject::{Part, Subject},
};
use crate::{stats::Summary, time};

/// How many batches the median is of, if time allows.
pub(super) const BATCHES: usize = 30;

/// How long one batch is.
pub(super) const BATCH: Duration = Duration::from_millis(5);

/// How long a thread warms up for each batch: it may have come to another core, with cold caches.
pub(super) const WARM_UP: Duration = Duration::from_millis(1);

/// One subject in a number of threads.
pub(super) struct Cell<'a> {
    subject: &'a dyn Subject,
    threads: usize,
    /// Nanoseconds per operation, as each thread sees it.
    samples: Vec<f64>,
}

/// What a cell came to.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Measured {
    pub(super) subject: &'static str,
    pub(super) part: Part,
    pub(super) threads: usize,
    batches: usize,
    pub(super) ns: Summary,
}

impl<'a> Cell<'a> {
    pub(super) fn new(subject: &'a dyn Subject, threads: usize) -> Self {
        Self {
            subject,
            threads,
            samples: Vec::with_capacity(BATCHES),
        }
    }

    /// Runs one batch, and forgets it unless it counts.
    pub(super) fn batch(&mut self, counts: bool) -> Result<(), BoxError> {
        let rate = rate(self.subject, self.threads)?;
        if counts {
            self.samples.push(self.threads as f64 * 1e9 / rate);
        }
        Ok(())
    }

    pub(super) fn measured(self) -> Option<Measured> {
        Some(Measured {
            subject: self.subject.name(),
            part: self.subject.part(),
            threads: self.threads,
            batches: self.samples.len(),
            ns: Summary::of(self.samples)?,
        })
    }
}

/// Operations per second of all threads together.
fn rate(subject: &dyn Subject, threads: usize) -> Result<f64, BoxError> {
    let warm = Barrier::new(threads);
    thread::scope(|scope| {
        let lanes: Vec<_> = (0..threads)
            .map(|_| scope.spawn(|| lane(subject, threads, &warm)))
            .collect();
        let mut sum = 0.0;
        for lane in lanes {
            sum += lane.join().map_err(|_| "a thread panicked")??;
        }
        Ok(sum)
    })
}

/// Operations per second of one thread, which begins when all are warm.
fn lane(subject: &dyn Subject, threads: usize, warm: &Barrier) -> Result<f64, BoxError> {
    let mut drive = subject.driver(threads);
    let mut run = |time: Duration| -> Result<f64, BoxError> {
        let (begun, mut count) = (time::now(), 0);
        loop {
            drive(REPEATS)?;
            count += REPEATS;
            let elapsed = time::now() - begun;
            if elapsed >= time {
                return Ok(count as f64 / elapsed.as_secs_f64());
            }
        }
    };
    let warmed = run(WARM_UP);
    // Also after a failure, or the others would wait for ever.
    warm.wait();
    warmed?;
    run(BATCH)
}
