//! How much of the load leaves a place that is worse off than the others.

use std::{
    ops::RangeInclusive,
    sync::atomic::{
        AtomicU32, AtomicU64,
        Ordering::{Acquire, Relaxed},
    },
};

use super::{Candidate, Candidates, Route};
use crate::{
    cluster::{Median, Moment},
    scope::Place,
};

/// A place is worse off when its nodes take so many times as long as those outside.
///
/// A request that leaves costs what it was to be kept from: traffic between racks. Queues of four workers
/// that are 90 % busy take about three times as long as calm ones; at twice, a fifth more than the surplus
/// would leave.
const WORSE: f32 = 3.0;

/// How often the share is looked at: often enough to find it within a second or two.
const STEP_NANOS: u64 = 50_000_000;
/// What one look counts for in the latencies, which are averages already. To smooth them more would be to
/// hear of a change late, and to overshoot.
const SMOOTH: f32 = 0.3;
/// By how much the share changes at most in one look: a fifth of the requests within a second. Queues
/// need that time to show what a change has done; with twice as much the share swings.
const GAIN: f32 = 0.01;
/// The largest share: what stays finds out that the place is better again.
const MOST: f32 = 0.9;
/// So many times its calm latency, and a place is busy.
const BUSY: f32 = 2.0;
/// By how much the calm latency rises in one look: it doubles within a minute, so that a service that
/// has become slower everywhere is not called busy for ever.
const CALM_RISES: f32 = 1.0006;
/// How old an answer from outside may be that says how it is there: no older than the time of so many
/// requests, since one of them finds out anew, within bounds. What was measured when there was less to do
/// makes a place look worse off than it is.
const FRESH_REQUESTS: f32 = 200.0;
const FRESH: RangeInclusive<f32> = 0.25..=2.0;

/// The share of requests that leaves one place for the next, found by looking at latencies.
///
/// Only latencies can tell: of what is in flight a client sees its own part, and at nodes that it does not
/// use it sees nothing.
#[derive(Debug, Default)]
pub(super) struct Spill {
    share: AtomicU32,
    home: AtomicU32,
    away: AtomicU32,
    calm: AtomicU32,
    due: AtomicU64,
}

impl Spill {
    /// Whether this request leaves `place`; `home` are its nodes, `wider` these and more.
    pub(super) fn leaves(
        &self,
        route: &Route<'_>,
        place: &Place,
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
            let scout = self.look(place, home, wider, now);
            if scout {
                return true;
            }
        }
        let share = load(&self.share);
        share > 0.0 && route.part() < share
    }

    /// Sets the share anew. Returns whether this request is to find out how the nodes outside answer.
    #[inline(never)]
    fn look(
        &self,
        place: &Place,
        home: &Candidates<'_, '_>,
        wider: &Candidates<'_, '_>,
        now: Moment,
    ) -> bool {
        // Of a node that is hardly used an old answer is all there is; of the nodes in use the median is
        // what a request meets.
        let fresh = FRESH_REQUESTS / wider.rate();
        let fresh = fresh.clamp(*FRESH.start(), *FRESH.end()) * 1e9;
        let latency = |node: Candidate<'_>| node.latency_since(now, fresh as u64);
        let inside = home.iter().filter_map(latency).collect::<Median>().get();
        let outside = wider.iter().filter(|node| !place.holds(node.node()));
        let outside = outside.filter_map(latency).collect::<Median>().get();
        let Some(inside) = inside else {
            return false;
        };
        let home = smooth(&self.home, inside);
        let calm = match load(&self.calm) {
            0.0 => home,
            before => home.min(before * CALM_RISES),
        };
        store(&self.calm, calm);
        let Some(outside) = outside else {
            store(&self.away, 0.0);
            let is_busy = home > BUSY * calm;
            if !is_busy {
                // Nothing is known of the others, and nothing needs to be.
                store(&self.share, 0.0);
            }
            return is_busy;
        };
        let away = smooth(&self.away, outside);
        store(
            &self.share,
            next_share(load(&self.share), home / (WORSE * away)),
        );
        false
    }
}

/// The share after one look at a place that takes `worse` times as long as it may: an integral
/// controller, which comes to rest where the place is just as much worse off as it may be.
fn next_share(share: f32, worse: f32) -> f32 {
    let more = GAIN * (worse - 1.0).min(1.0);
    (share + more).clamp(0.0, MOST)
}

/// Takes one more look's value into a moving average; zero is to know nothing.
fn smooth(cell: &AtomicU32, value: f32) -> f32 {
    let smooth = match load(cell) {
        0.0 => value,
        before => before + SMOOTH * (value - before),
    };
    store(cell, smooth);
    smooth
}

fn load(cell: &AtomicU32) -> f32 {
    f32::from_bits(cell.load(Relaxed))
}

fn store(cell: &AtomicU32, value: f32) {
    cell.store(value.to_bits(), Relaxed);
}
