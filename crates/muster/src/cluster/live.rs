//! What is known of one node beyond its address: its load and its health.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use super::{
    load::{self, Doubt, Latency},
    moment::Moment,
    usual::Usual,
};
use crate::{
    node::Node,
    outcome::{Blame, Kind, Outcome},
};

/// How long a node is set aside that refused a connection, was silent, or answered badly again and again.
///
/// Long enough that a dead node costs two attempts a second and client instead of every ninth request,
/// short enough that a restarted node is back before anyone looks.
pub(crate) const SET_ASIDE: Duration = Duration::from_millis(500);

/// After how many bad answers in a row a node is set aside, too.
///
/// One may be the request's own doing, and a node that fails fast has the least in flight: without this
/// it would draw the load of the others. linkerd waits for seven, Envoy and Finagle for five; three are
/// enough where being set aside costs half a second and not thirty.
const BAD_ANSWERS: u32 = 3;

/// How long a node that is doubted waits for its next request, at first; doubled while the doubt is
/// borne out.
const FIRST_WAIT: Duration = Duration::from_millis(250);
/// The longest such wait, as a number of doublings: 8 s.
const MOST_DOUBLINGS: u32 = 5;

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
    usual: Arc<Usual>,
    /// Requests begun and in flight, in one word so that a request costs one write at each end.
    count: AtomicU64,
    /// A [`Latency`].
    latency: AtomicU64,
    /// The 95th percentile of the node's answers in nanoseconds, as an `f32`.
    tail: AtomicU32,
    /// How often the node's wait was doubled.
    doublings: AtomicU32,
    /// When the node last answered, or began to have something to answer.
    progress: AtomicU64,
    /// When a node that is doubted may be asked again.
    retry_at: AtomicU64,
    /// The node is not chosen before this moment, in nanoseconds.
    aside_until: AtomicU64,
    /// Bad answers since the last good one.
    bad_answers: AtomicU32,
}

impl Live {
    pub(crate) fn new(node: Arc<Node>, usual: Arc<Usual>) -> Self {
        Self {
            node,
            usual,
            count: AtomicU64::new(0),
            latency: AtomicU64::new(Latency::UNKNOWN.to_bits()),
            tail: AtomicU32::new(0),
            doublings: AtomicU32::new(0),
            progress: AtomicU64::new(0),
            retry_at: AtomicU64::new(0),
            aside_until: AtomicU64::new(0),
            bad_answers: AtomicU32::new(0),
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

    /// For how long the node has answered nothing of what is in flight, in nanoseconds.
    ///
    /// Never more than the age of the oldest request in flight, and a better sign: one request that hangs
    /// at a node which answers the others says nothing about the node.
    fn silence(&self, now: Moment) -> u64 {
        now.as_nanos().saturating_sub(self.progress.load(Relaxed))
    }

    /// Whether the node may be chosen while others may be, too.
    pub(crate) fn is_well(&self, now: Moment) -> bool {
        self.aside_until.load(Relaxed) <= now.as_nanos() && !self.hangs(now)
    }

    /// Whether the node leaves unanswered what is in flight, for so long that it may have stopped.
    fn hangs(&self, now: Moment) -> bool {
        self.in_flight() > 0 && self.silence(now) > self.usual.hang()
    }

    /// What one more request would cost here.
    pub(crate) fn cost(&self, now: Moment) -> f32 {
        let usual = self.usual.latency();
        let in_flight = self.in_flight();
        let mut nanos = self.latency().nanos();
        if in_flight > 0 {
            nanos = nanos.max(self.silence(now) as f32);
        }
        let cost = load::cost(in_flight, nanos, usual);
        if self.bad_answers.load(Relaxed) == 0 {
            cost
        } else {
            cost * FAILING
        }
    }

    /// Whether the node is doubted: it has become slow, or answers badly.
    fn is_doubted(&self, usual: f32) -> bool {
        self.bad_answers.load(Relaxed) > 0 || self.latency().is_slow(usual)
    }

    /// Takes the one request that a doubted node is asked again with, if it is time for it.
    pub(crate) fn claim_probe(&self, now: Moment) -> bool {
        let usual = self.usual.latency();
        if !self.is_doubted(usual) || self.in_flight() > 0 {
            return false;
        }
        let due = self.retry_at.load(Relaxed);
        let next = now.after(self.wait()).as_nanos();
        due <= now.as_nanos()
            && self
                .retry_at
                .compare_exchange(due, next, Relaxed, Relaxed)
                .is_ok()
    }

    fn wait(&self) -> Duration {
        FIRST_WAIT * 2_u32.pow(self.doublings.load(Relaxed).min(MOST_DOUBLINGS))
    }

    pub(crate) fn begin(&self, now: Moment) {
        let before = self.count.fetch_add(ONE_BEGUN + ONE_IN_FLIGHT, Relaxed);
        if before % ONE_BEGUN == 0 {
            self.progress.store(now.as_nanos(), Relaxed);
        }
    }

    pub(crate) fn end(&self) {
        self.count.fetch_sub(ONE_IN_FLIGHT, Relaxed);
    }

    /// A good answer has come to a request that was begun at `begun`.
    pub(crate) fn answered(&self, begun: Moment, now: Moment) {
        let usual = self.usual.latency();
        let sample = now.as_nanos().saturating_sub(begun.as_nanos()) as f32;
        let latency = self.latency();
        let was_slow = latency.is_slow(usual);
        let doubt = match (was_slow, self.doublings.load(Relaxed)) {
            (false, _) => Doubt::None,
            (true, 0) => Doubt::Fresh,
            (true, _) => Doubt::Confirmed,
        };
        let after = latency.after(sample, usual, doubt, now);
        let tail = load::tail_after(self.tail(), sample, self.requests());
        self.latency.store(after.to_bits(), Relaxed);
        self.tail.store(tail.to_bits(), Relaxed);
        self.progress.store(now.as_nanos(), Relaxed);
        if self.bad_answers.load(Relaxed) != 0 {
            self.bad_answers.store(0, Relaxed);
        }
        let is_bad = usual > 0.0 && sample > load::BAND * usual;
        self.doubt(was_slow, after.is_slow(usual), is_bad, now);
    }

    /// A request was given up that was begun at `begun` and not answered.
    pub(crate) fn given_up(&self, begun: Moment, now: Moment) {
        let usual = self.usual.latency();
        let sample = now.as_nanos().saturating_sub(begun.as_nanos()) as f32;
        let latency = self.latency();
        let after = latency.after_at_least(sample, usual, now);
        if after != latency {
            self.latency.store(after.to_bits(), Relaxed);
            self.doubt(latency.is_slow(usual), after.is_slow(usual), true, now);
        }
    }

    /// Says when a node that is doubted is asked again; one that is no longer has a clean sheet.
    fn doubt(&self, was: bool, is: bool, borne_out: bool, now: Moment) {
        if is {
            if was && borne_out {
                let doublings = self.doublings.load(Relaxed);
                self.doublings
                    .store((doublings + 1).min(MOST_DOUBLINGS), Relaxed);
            }
            let next = now.after(self.jittered(self.wait(), now));
            self.retry_at.store(next.as_nanos(), Relaxed);
        } else if was {
            self.doublings.store(0, Relaxed);
        }
    }

    /// Up to a quarter more or less, so that clients do not ask together.
    fn jittered(&self, wait: Duration, now: Moment) -> Duration {
        let mut bits = now.as_nanos() ^ self.count.load(Relaxed);
        bits = (bits ^ (bits >> 31)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let part = (bits >> 40) as f64 / (1_u64 << 24) as f64;
        wait.mul_f64(0.75 + 0.5 * part)
    }

    /// What an attempt taught that was not served, decided in the thread that completes it.
    pub(crate) fn learn(&self, outcome: Outcome, begun: Moment, now: Moment) {
        if outcome.kind() == Kind::Overloaded {
            self.turned_away(now);
        }
        if outcome.blame() != Blame::Node {
            return;
        }
        let usual = self.usual.latency();
        let was = self.is_doubted(usual);
        self.progress.store(now.as_nanos(), Relaxed);
        let _ = begun;
        match outcome.kind() {
            Kind::Refused => self.set_aside(now),
            Kind::Ambiguous => {
                if self.bad_answers.fetch_add(1, Relaxed) + 1 >= BAD_ANSWERS {
                    self.set_aside(now);
                }
                self.doubt(was, true, true, now);
            }
            _ => {}
        }
    }

    /// The node is alive and has too much to do: load moves elsewhere, as from one that is slow.
    fn turned_away(&self, now: Moment) {
        let usual = self.usual.latency();
        let latency = self.latency();
        let after = latency.after(load::turned_away(usual), usual, Doubt::None, now);
        self.latency.store(after.to_bits(), Relaxed);
        self.progress.store(now.as_nanos(), Relaxed);
        self.doubt(latency.is_slow(usual), after.is_slow(usual), true, now);
    }

    /// Nobody chooses the node for a while, unless nothing else is left.
    pub(crate) fn set_aside(&self, now: Moment) {
        self.aside_until
            .fetch_max(now.after(SET_ASIDE).as_nanos(), Relaxed);
    }
}
