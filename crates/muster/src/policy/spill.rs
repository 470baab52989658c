//! How much of the load leaves a place that is worse off than the others.

use std::sync::atomic::{
    AtomicU32, AtomicU64,
    Ordering::{Acquire, Relaxed},
};

use super::{Candidates, Route};
use crate::cluster::Moment;

/// A place is worse off when its nodes take so many times as long as those outside.
///
/// The same factor up to which a node counts as healthy: staying is worth that much, and with less a
/// busy place would send far more away than its surplus.
const WORSE: f32 = 2.0;
/// Below this part of [`WORSE`] less is sent away again; in between nothing changes.
const BETTER: f32 = 0.8;

/// How often the share is looked at: often enough to find it within a second or two.
const STEP_NANOS: u64 = 50_000_000;
/// What one look counts for in the place's latency; the noise of a second's answers is then small.
const SMOOTH: f32 = 0.1;
/// By how much the share grows at most in one look.
const MOST_MORE: f32 = 0.03;
/// What is left of the share when less is to be sent away.
const LESS: f32 = 0.9;
/// The largest share: what stays finds out that the place is better again.
const MOST: f32 = 0.9;
/// A smaller share than this is none.
const LEAST: f32 = 0.002;
/// So many times its calm latency, and a place is busy.
const BUSY: f32 = 2.0;
/// By how much the calm latency rises in one look: it doubles within a minute, so that a service that
/// has become slower everywhere is not called busy for ever.
const CALM_RISES: f32 = 1.0006;
/// How old an answer from outside may be that says how it is there.
const FRESH_NANOS: u64 = 2_000_000_000;

/// The share of requests that leaves one place for the next, found by looking at latencies.
///
/// Only latencies can tell: of what is in flight a client sees its own part, and at nodes that it does not
/// use it sees nothing.
#[derive(Debug, Default)]
pub(super) struct Spill {
    share: AtomicU32,
    home: AtomicU32,
    calm: AtomicU32,
    due: AtomicU64,
}

impl Spill {
    /// Whether this request leaves; `home` is the place, `wider` what holds it and more.
    pub(super) fn leaves(
        &self,
        route: &Route<'_>,
        home: &Candidates<'_, '_>,
        wider: &Candidates<'_, '_>,
    ) -> bool {
        let now = route.now();
        let due = self.due.load(Relaxed);
        let next = now.as_nanos() + STEP_NANOS;
        if due <= now.as_nanos()
            && self
                .due
                .compare_exchange(due, next, Acquire, Relaxed)
                .is_ok()
        {
            let scout = self.look(home, wider, now);
            if scout {
                return true;
            }
        }
        let share = load(&self.share);
        share > 0.0 && route.part() < share
    }

    /// Sets the share anew. Returns whether this request is to find out how the nodes outside answer.
    #[inline(never)]
    fn look(&self, home: &Candidates<'_, '_>, wider: &Candidates<'_, '_>, now: Moment) -> bool {
        let inside = latency(home, now, u64::MAX);
        let outside = latency(wider, now, FRESH_NANOS).minus(latency(home, now, FRESH_NANOS));
        let Some(inside) = inside.mean() else {
            return false;
        };
        let smooth = match load(&self.home) {
            0.0 => inside,
            before => before + SMOOTH * (inside - before),
        };
        let calm = match load(&self.calm) {
            0.0 => smooth,
            before => smooth.min(before * CALM_RISES),
        };
        store(&self.home, smooth);
        store(&self.calm, calm);
        let share = load(&self.share);
        match outside.mean() {
            Some(outside) => store(&self.share, next_share(share, smooth, outside)),
            // Nothing is known of the others, and nothing needs to be.
            None if smooth <= BUSY * calm => store(&self.share, 0.0),
            None => return true,
        }
        false
    }
}

/// The share after one look, from what it was and how the place and the nodes outside answer.
fn next_share(share: f32, home: f32, outside: f32) -> f32 {
    let worse = home / (WORSE * outside);
    if worse > 1.0 {
        (share + (MOST_MORE * (worse - 1.0)).min(MOST_MORE)).min(MOST)
    } else if worse < BETTER {
        let less = share * LESS;
        if less < LEAST { 0.0 } else { less }
    } else {
        share
    }
}

/// A sum of latencies and how many they are.
#[derive(Clone, Copy)]
struct Sum {
    nanos: f32,
    nodes: u32,
}

impl Sum {
    fn minus(self, other: Self) -> Self {
        Self {
            nanos: self.nanos - other.nanos,
            nodes: self.nodes - other.nodes,
        }
    }

    fn mean(self) -> Option<f32> {
        (self.nodes > 0).then(|| self.nanos / self.nodes as f32)
    }
}

/// The latencies of the candidates that have answered within so many nanoseconds.
fn latency(candidates: &Candidates<'_, '_>, now: Moment, fresh: u64) -> Sum {
    let mut sum = Sum {
        nanos: 0.0,
        nodes: 0,
    };
    for candidate in candidates.iter() {
        if let Some(nanos) = candidate.latency_since(now, fresh) {
            sum.nanos += nanos;
            sum.nodes += 1;
        }
    }
    sum
}

fn load(cell: &AtomicU32) -> f32 {
    f32::from_bits(cell.load(Relaxed))
}

fn store(cell: &AtomicU32, value: f32) {
    cell.store(value.to_bits(), Relaxed);
}
