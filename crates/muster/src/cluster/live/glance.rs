//! What one glance tells: that a node is as it should be.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::Live;
use crate::cluster::{
    load::{BAND, Latency},
    moment::Moment,
};

/// From where on a node takes more than a glance; worked out whenever what is usual changes.
#[derive(Debug)]
pub(crate) struct Limits {
    /// The greatest bits of an estimate that is not slow.
    slow: AtomicU64,
    /// Nanoseconds above which silence counts for something.
    silence: AtomicU64,
    /// How many requests in flight are as many as a node may have.
    full: u32,
}

impl Limits {
    /// Those of nodes that may have so many requests in flight.
    pub(crate) fn of_full(full: u32) -> Self {
        Self {
            full,
            ..Self::default()
        }
    }

    pub(crate) fn full(&self) -> u32 {
        self.full
    }

    /// Sets them by the `usual` latency, and by the silence of a node that hangs.
    pub(crate) fn set(&self, usual: f32, hang: u64) {
        if usual <= 0.0 {
            return;
        }
        let band = BAND * usual;
        self.slow.store(Latency::greatest_bits(band), Relaxed);
        // The cast saturates.
        self.silence.store((band as u64).min(hang), Relaxed);
    }
}

impl Default for Limits {
    /// While nothing is usual, nothing is unusual.
    fn default() -> Self {
        Self {
            slow: AtomicU64::new(u64::MAX),
            silence: AtomicU64::new(u64::MAX),
            full: u32::MAX,
        }
    }
}

/// What every node is measured against in one pick.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Gauge {
    /// The greatest bits of an estimate that is not slow.
    slow: u64,
    /// A node that has something to answer is silent if it has last done so before then.
    heard: u64,
    full: u32,
}

impl Gauge {
    pub(crate) fn of(limits: &Limits, now: Moment) -> Self {
        let silence = limits.silence.load(Relaxed);
        Self {
            slow: limits.slow.load(Relaxed),
            heard: now.as_nanos().saturating_sub(silence),
            full: limits.full,
        }
    }
}

impl Live {
    /// How many requests are in flight at a node that is well and not doubted; `None` where what it costs
    /// takes a closer look.
    ///
    /// Nearly every node is such a one at nearly every pick.
    #[inline]
    pub(crate) fn glance(&self, gauge: &Gauge) -> Option<u32> {
        let in_flight = self.in_flight();
        if in_flight >= gauge.full {
            return None;
        }
        if self.latency.load(Relaxed) > gauge.slow || !self.is_trusted_with(in_flight) {
            return None;
        }
        let is_silent = in_flight > 0 && self.progress.load(Relaxed) < gauge.heard;
        (!is_silent).then_some(in_flight)
    }

    /// Whether a node that takes a closer look is no better than one at which so many requests are in
    /// flight, and which is as it should be: it has no fewer, and is not to be asked whether it is well again.
    pub(crate) fn is_no_better(&self, in_flight: u32, now: Moment) -> bool {
        let own = self.in_flight();
        own >= in_flight && (own > 0 || !self.is_due(now))
    }

    #[inline]
    fn is_trusted_with(&self, in_flight: u32) -> bool {
        let health = self.health.load();
        health.is_plain() || health.admits(in_flight)
    }
}

#[cfg(test)]
mod tests;
