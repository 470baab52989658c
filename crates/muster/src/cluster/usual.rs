//! What is usual among the nodes of a cluster.

use std::sync::{
    Arc,
    atomic::{
        AtomicU32, AtomicU64,
        Ordering::{Acquire, Relaxed, Release},
    },
};

use super::{
    live::{Limits, Live},
    median::{self, Median},
    moment::Moment,
};

/// How long a look at the nodes is good for: a few answers' time.
const FRESH_NANOS: u64 = 5_000_000;

/// How many answers a node must have given before its tail says anything.
const TAIL_ANSWERS: u64 = 20;

/// A node that is silent for less than 100 ms may just be busy, whatever is usual; or this process is, and all
/// nodes look silent alike. By then its silence has long made it dear.
const LEAST_HANG_NANOS: u64 = 100_000_000;
const TAILS: f32 = 6.0;

/// The median of the nodes' latencies, and the median of their tails.
///
/// Medians, so that a few nodes that are sick do not change what is usual; the tails for the same reason:
/// a percentile over all requests would be that of the slow node as soon as it takes its share of them.
#[derive(Debug, Default)]
pub(crate) struct Usual {
    latency: AtomicU32,
    tail: AtomicU32,
    /// Requests a second, from this process.
    rate: AtomicU32,
    /// The sum that the rate was last taken from.
    requests: AtomicU64,
    due: AtomicU64,
    limits: Limits,
}

impl Usual {
    /// What is usual among nodes that may have so many requests in flight each.
    pub(crate) fn of_full(full: u32) -> Self {
        Self {
            limits: Limits::of_full(full),
            ..Self::default()
        }
    }

    /// The usual latency in nanoseconds, or zero while it is not known.
    pub(crate) fn latency(&self) -> f32 {
        f32::from_bits(self.latency.load(Relaxed))
    }

    /// The usual 95th percentile in nanoseconds, or zero while it is not known.
    pub(crate) fn tail(&self) -> f32 {
        f32::from_bits(self.tail.load(Relaxed))
    }

    /// What follows for a glance at a node.
    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// How many requests a second go to all nodes, from this process; zero while it is not known.
    pub(crate) fn rate(&self) -> f32 {
        f32::from_bits(self.rate.load(Relaxed))
    }

    /// After how many nanoseconds without an answer a node hangs that has something to answer.
    ///
    /// Six times the usual 95th percentile is about four times the 99th of a service with a long tail:
    /// a healthy node is silent for so long once in ten thousand requests, and then for a moment.
    pub(crate) fn hang(&self) -> u64 {
        let tail = self.tail();
        if tail > 0.0 {
            LEAST_HANG_NANOS.max((TAILS * tail) as u64)
        } else {
            u64::MAX
        }
    }

    /// Looks at the nodes again if the last look is too long ago; one thread does, the others go on.
    pub(crate) fn refresh(&self, nodes: &[Arc<Live>], now: Moment) {
        let due = self.due.load(Relaxed);
        let now = now.as_nanos();
        if now < due {
            return;
        }
        let next = now + FRESH_NANOS;
        if self
            .due
            .compare_exchange(due, next, Acquire, Relaxed)
            .is_ok()
        {
            self.look(nodes, now);
            // The first look has nothing to compare with.
            let since = now - due.saturating_sub(FRESH_NANOS).min(now);
            self.count(nodes, since, due > 0);
        }
    }

    /// Takes the rate of requests anew, which lags behind by about a second.
    fn count(&self, nodes: &[Arc<Live>], since: u64, is_known: bool) {
        let stride = nodes.len().div_ceil(median::MOST).max(1);
        let requests: u64 = nodes
            .iter()
            .step_by(stride)
            .map(|live| live.requests())
            .sum();
        let before = self.requests.swap(requests, Relaxed);
        if !is_known {
            return;
        }
        let seconds = since as f32 / 1e9;
        let rate = requests.saturating_sub(before) as f32 * stride as f32 / seconds;
        let smooth = self.rate() + seconds / (1.0 + seconds) * (rate - self.rate());
        self.rate.store(smooth.to_bits(), Relaxed);
    }

    #[inline(never)]
    fn look(&self, nodes: &[Arc<Live>], now: u64) {
        let (mut latencies, mut tails) = (Median::default(), Median::default());
        // Of many nodes each look takes others in, spread over the whole.
        let stride = nodes.len().div_ceil(median::MOST).max(1);
        let first = (now / FRESH_NANOS) as usize % stride;
        for live in nodes.iter().skip(first).step_by(stride) {
            latencies.extend(Some(live.latency().nanos()).filter(|nanos| *nanos > 0.0));
            if live.requests() >= TAIL_ANSWERS && live.tail() > 0.0 {
                tails.push(live.tail());
            }
        }
        if let Some(latency) = latencies.get() {
            self.latency.store(latency.to_bits(), Release);
        }
        // One node alone has no other to compare with.
        if let Some(tail) = tails.get().filter(|_| tails.len() > 1) {
            self.tail.store(tail.to_bits(), Release);
        }
        self.limits.set(self.latency(), self.hang());
    }
}
