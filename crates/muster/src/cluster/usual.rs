//! What is usual among the nodes of a cluster.

use std::sync::{
    Arc,
    atomic::{
        AtomicU32, AtomicU64,
        Ordering::{Acquire, Relaxed, Release},
    },
};

use super::{live::Live, moment::Moment};

/// How long a look at the nodes is good for: a few answers' time.
const FRESH_NANOS: u64 = 5_000_000;

/// How many nodes one look takes in: enough for a median that wavers by a tenth, and less than a
/// microsecond's work.
const LOOK: usize = 64;

/// How many answers a node must have given before its tail says anything.
const TAIL_ANSWERS: u64 = 20;

/// A node that is silent for less than 20 ms may just be busy, whatever is usual.
const LEAST_HANG_NANOS: u64 = 20_000_000;
const TAILS: f32 = 6.0;

/// The median of the nodes' latencies, and the median of their tails.
///
/// Medians, so that a few nodes that are sick do not change what is usual; the tails for the same reason:
/// a percentile over all requests would be that of the slow node as soon as it takes its share of them.
#[derive(Debug, Default)]
pub(crate) struct Usual {
    latency: AtomicU32,
    tail: AtomicU32,
    due: AtomicU64,
}

impl Usual {
    /// The usual latency in nanoseconds, or zero while it is not known.
    pub(crate) fn latency(&self) -> f32 {
        f32::from_bits(self.latency.load(Relaxed))
    }

    /// The usual 95th percentile in nanoseconds, or zero while it is not known.
    pub(crate) fn tail(&self) -> f32 {
        f32::from_bits(self.tail.load(Relaxed))
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
        }
    }

    #[inline(never)]
    fn look(&self, nodes: &[Arc<Live>], now: u64) {
        let (mut latencies, mut tails) = ([0.0; LOOK], [0.0; LOOK]);
        let (mut known, mut known_tails) = (0, 0);
        // Of many nodes each look takes others in, spread over the whole.
        let stride = nodes.len().div_ceil(LOOK).max(1);
        let first = (now / FRESH_NANOS) as usize % stride;
        for live in nodes.iter().skip(first).step_by(stride).take(LOOK) {
            let latency = live.latency().nanos();
            if latency > 0.0 {
                latencies[known] = latency;
                known += 1;
            }
            if live.requests() >= TAIL_ANSWERS && live.tail() > 0.0 {
                tails[known_tails] = live.tail();
                known_tails += 1;
            }
        }
        if let Some(median) = median(&mut latencies[..known]) {
            self.latency.store(median.to_bits(), Release);
        }
        // One node alone has no other to compare with.
        if let Some(median) = median(&mut tails[..known_tails]).filter(|_| known_tails > 1) {
            self.tail.store(median.to_bits(), Release);
        }
    }
}

/// The lower of the two in the middle, if there are two.
fn median(values: &mut [f32]) -> Option<f32> {
    let middle = values.len().checked_sub(1)? / 2;
    Some(*values.select_nth_unstable_by(middle, f32::total_cmp).1)
}
