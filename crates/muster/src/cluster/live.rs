//! What is known of one node beyond its address: its load and its health.

mod doubt;
mod glance;
mod learn;

use std::sync::{Arc, atomic::Ordering::Relaxed};

use self::doubt::Doubts;
pub(crate) use self::{
    glance::{Gauge, Limits},
    learn::Head,
};
use super::{
    common::Common,
    load::{self, Latency},
    moment::Moment,
};
use crate::{
    health::{Health, HealthCell, State},
    node::Node,
    sync::atomic::{AtomicU32, AtomicU64},
};

/// What a node that answered badly costs besides: more than any load.
const FAILING: f32 = 1e6;

/// One request in flight, in the low bits of the count.
const ONE_IN_FLIGHT: u64 = 1;
/// One request begun, in the high bits. 24 bits below hold 16 million requests in flight at one node;
/// 40 bits above hold a trillion requests.
const ONE_BEGUN: u64 = 1 << 24;

/// The live state of one node: written by every request to it, read by every pick.
///
/// One cache line, so that two nodes never share one and a look at a node costs one miss. Whatever is an
/// estimate is read and stored without more: of two answers at the same instant one may be lost.
#[derive(Debug)]
#[repr(align(64))]
pub(crate) struct Live {
    node: Arc<Node>,
    common: Arc<Common>,
    /// Requests begun and in flight, in one word so that a request costs one write at each end.
    count: AtomicU64,
    /// A [`Latency`].
    latency: AtomicU64,
    /// When the node last answered, or began to have something to answer.
    progress: AtomicU64,
    health: HealthCell,
    /// When a node that is down or doubted may be asked again; of one that is well, when it last could.
    retry_at: AtomicU64,
    /// The 95th percentile of the node's answers in nanoseconds, as an `f32`.
    tail: AtomicU32,
    doubts: Doubts,
}

#[cfg(not(all(test, muster_loom)))]
const _: () = assert!(size_of::<Live>() == 64, "one cache line");

/// What a request, or a probe, remembers of the node as it was when it began.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Begun {
    pub(crate) at: Moment,
    /// What comes back in another generation says nothing about this one.
    generation: u16,
    /// Whether the node was down: the request finds out whether it is back.
    is_trial: bool,
    /// Whether the node was down and not due to be asked, but nobody else was well either: if this fails, too, that
    /// is nothing new.
    is_forced: bool,
    /// Whether it is the one request that a doubted node is asked again with.
    is_claim: bool,
    /// Whether the node had failed since it last answered well: what began before says nothing of that.
    was_failing: bool,
}

impl Live {
    pub(crate) fn new(node: Arc<Node>, common: Arc<Common>, health: Health) -> Self {
        Self {
            node,
            common,
            count: AtomicU64::new(0),
            latency: AtomicU64::new(Latency::UNKNOWN.to_bits()),
            progress: AtomicU64::new(0),
            health: HealthCell::new(health),
            retry_at: AtomicU64::new(0),
            tail: AtomicU32::new(0),
            doubts: Doubts::default(),
        }
    }

    /// The state of the same server under another description of it, such as another weight. Requests in
    /// flight end where they began.
    pub(crate) fn inherited(&self, node: Arc<Node>) -> Self {
        let same = |word: &AtomicU64| AtomicU64::new(word.load(Relaxed));
        Self {
            latency: same(&self.latency),
            progress: same(&self.progress),
            retry_at: same(&self.retry_at),
            tail: AtomicU32::new(self.tail.load(Relaxed)),
            count: AtomicU64::new(self.requests() * ONE_BEGUN),
            ..Self::new(node, Arc::clone(&self.common), self.health.load())
        }
    }

    pub(crate) fn node(&self) -> &Arc<Node> {
        &self.node
    }

    pub(crate) fn in_flight(&self) -> u32 {
        // The remainder is below 2^24.
        (self.count.load(Relaxed) % ONE_BEGUN) as u32
    }

    pub(crate) fn requests(&self) -> u64 {
        self.count.load(Relaxed) / ONE_BEGUN
    }

    pub(crate) fn latency(&self) -> Latency {
        Latency::from_bits(self.latency.load(Relaxed))
    }

    pub(crate) fn tail(&self) -> f32 {
        f32::from_bits(self.tail.load(Relaxed))
    }

    /// How it will be trusted if it leaves the list and joins again.
    pub(crate) fn joining_again(&self) -> Health {
        self.health.load().joining_again(&self.common.thresholds)
    }

    pub(crate) fn state(&self) -> State {
        self.health.load().state()
    }

    /// For how long the node has answered nothing of what is in flight, in nanoseconds.
    ///
    /// Never more than the age of the oldest request in flight, and a better sign: one request that hangs
    /// at a node which answers the others says nothing about the node.
    fn silence(&self, now: Moment) -> u64 {
        now.as_nanos().saturating_sub(self.progress.load(Relaxed))
    }

    /// Whether as many requests are in flight as may be.
    pub(crate) fn is_full(&self) -> bool {
        self.in_flight() >= self.max_in_flight()
    }

    pub(crate) fn max_in_flight(&self) -> u32 {
        self.common.usual.limits().full()
    }

    /// Whether the node may be chosen while others may be, too.
    pub(crate) fn is_well(&self, now: Moment) -> bool {
        let health = self.health.load();
        match health.state() {
            State::Active => !self.hangs(now),
            State::Quarantined => health.admits(self.in_flight()) && !self.hangs(now),
            State::Down => !self.common.is_probed() && self.is_due(now),
        }
    }

    /// Whether the node leaves unanswered what is in flight, for so long that it may have stopped.
    fn hangs(&self, now: Moment) -> bool {
        self.in_flight() > 0 && self.silence(now) > self.common.usual.hang()
    }

    fn is_due(&self, now: Moment) -> bool {
        self.retry_at.load(Relaxed) <= now.as_nanos()
    }

    /// What one more request would cost here.
    pub(crate) fn cost(&self, now: Moment) -> f32 {
        let usual = self.common.usual.latency();
        let in_flight = self.in_flight();
        let mut nanos = self.latency().nanos();
        if in_flight > 0 {
            nanos = nanos.max(self.silence(now) as f32);
        }
        let cost = load::cost(in_flight, nanos, usual);
        if self.is_failing() {
            cost * FAILING
        } else {
            cost
        }
    }

    /// Counts a request as in flight.
    ///
    /// `None` if other requests have just filled the node, or if it is down and another has just become the one
    /// that finds out whether it is back. Where no node is well, a node that is down is asked by every request
    /// that comes.
    #[inline]
    pub(crate) fn begin(&self, now: Moment) -> Option<Begun> {
        let health = self.health.load();
        let is_trial = health.state() == State::Down;
        let is_forced = is_trial && !self.is_due(now);
        if is_trial && !is_forced && !self.claim_retry(now) {
            return None;
        }
        let before = self.count.fetch_add(ONE_BEGUN + ONE_IN_FLIGHT, Relaxed) % ONE_BEGUN;
        if before >= u64::from(self.max_in_flight()) {
            self.count.fetch_sub(ONE_BEGUN + ONE_IN_FLIGHT, Relaxed);
            return None;
        }
        if before == 0 {
            self.progress.store(now.as_nanos(), Relaxed);
        }
        Some(Begun {
            at: now,
            generation: health.generation(),
            is_trial,
            is_forced,
            is_claim: self.doubts.take_claim(),
            was_failing: health.failures() > 0,
        })
    }

    pub(crate) fn end(&self) {
        self.count.fetch_sub(ONE_IN_FLIGHT, Relaxed);
    }
}

#[cfg(all(test, muster_loom))]
mod tests;
