//! What one glance tells: that a node is as it should be.

use std::sync::atomic::Ordering::Relaxed;

use super::{Live, ONE_BEGUN};
use crate::cluster::{
    load::{self, BAND},
    moment::Moment,
    usual::Usual,
};

/// What every node is measured against in one pick, worked out once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Gauge {
    now: u64,
    /// Nanoseconds above which an estimate is slow; infinite while nothing is usual.
    band: f32,
    /// Nanoseconds above which silence counts for something.
    silence: u64,
}

impl Gauge {
    pub(crate) fn of(usual: &Usual, now: Moment) -> Self {
        let latency = usual.latency();
        let band = match latency > 0.0 {
            true => BAND * latency,
            false => f32::INFINITY,
        };
        Self {
            now: now.as_nanos(),
            band,
            // The cast saturates.
            silence: (band as u64).min(usual.hang()),
        }
    }
}

impl Live {
    /// What one more request costs at a node that is well and not doubted; `None` where that takes a
    /// closer look.
    ///
    /// Nearly every node is such a one at nearly every pick.
    pub(crate) fn glance(&self, gauge: &Gauge) -> Option<f32> {
        let in_flight = (self.count.load(Relaxed) % ONE_BEGUN) as u32;
        let is_silent = || gauge.now.saturating_sub(self.progress.load(Relaxed)) > gauge.silence;
        let health = self.health.load();
        let is_plain = (health.is_plain() || health.admits(in_flight))
            && self.latency().nanos() <= gauge.band
            && (in_flight == 0 || !is_silent());
        is_plain.then(|| load::plain_cost(in_flight))
    }
}
