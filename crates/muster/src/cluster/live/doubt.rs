//! A node that is doubted, or down, is asked again by one request at a time.

use std::{sync::atomic::Ordering::Relaxed, time::Duration};

use super::{Begun, Live};
use crate::{
    cluster::{load::Doubt, moment::Moment},
    health::State,
    sync::atomic::AtomicU32,
};

/// How long a node that is doubted waits for its next request, at first; doubled while the doubt is
/// borne out.
const FIRST_WAIT: Duration = Duration::from_millis(250);
/// The same for a node that has answered badly, once: that happens to the best, and in so short a time it is
/// not missed.
const FIRST_WAIT_FAILING: Duration = Duration::from_millis(50);
/// The longest such wait, as a number of doublings: 16 s.
const MOST_DOUBLINGS: u32 = 6;
/// No wait is longer than the time in which so many requests go to the cluster: so few may be slow for
/// the sake of a node that is doubted, and no fewer, for it may be well again.
const ONE_IN: f32 = 4_000.0;

/// How often the wait of a doubted node was doubled, and whether a probe has answered since.
#[derive(Debug, Default)]
pub(super) struct Doubts(AtomicU32);

/// A probe has answered: a request of the traffic may try.
const VOUCHED_FOR: u32 = 1 << 31;
/// The next request to begin is the one that the node is asked again with.
const CLAIMED: u32 = 1 << 30;

impl Doubts {
    fn doublings(&self) -> u32 {
        self.0.load(Relaxed) & !(VOUCHED_FOR | CLAIMED)
    }

    fn set(&self, doublings: u32) {
        self.0.store(doublings.min(MOST_DOUBLINGS), Relaxed);
    }

    fn is_vouched_for(&self) -> bool {
        self.0.load(Relaxed) & VOUCHED_FOR != 0
    }

    fn vouch(&self) {
        self.0.fetch_or(VOUCHED_FOR, Relaxed);
    }

    fn claim(&self) {
        self.0.fetch_or(CLAIMED, Relaxed);
    }

    /// Whether the request that begins is the one; only then is anything written.
    pub(super) fn take_claim(&self) -> bool {
        self.0.load(Relaxed) & CLAIMED != 0 && self.0.fetch_and(!CLAIMED, Relaxed) & CLAIMED != 0
    }

    fn wait(&self, first: Duration, rate: f32) -> Duration {
        let doubled = first * 2_u32.pow(self.doublings());
        let bearable = Duration::try_from_secs_f32(ONE_IN / rate).unwrap_or(Duration::MAX);
        doubled.min(bearable).max(first)
    }
}

impl Live {
    /// Whether it has answered badly since it last answered well.
    pub(super) fn is_failing(&self) -> bool {
        let health = self.health.load();
        health.state() == State::Active && health.failures() > 0
    }

    /// Takes the one request that a doubted node is asked again with, if it is time for it.
    pub(crate) fn claim_probe(&self, now: Moment) -> bool {
        let is_failing = self.is_failing();
        if !is_failing && !self.latency().is_slow(self.common.usual.latency()) {
            return false;
        }
        if is_failing && self.common.is_probed() && !self.doubts.is_vouched_for() {
            return false;
        }
        let is_claimed = self.in_flight() == 0 && self.is_due(now) && self.claim_retry(now);
        if is_claimed {
            self.doubts.claim();
        }
        is_claimed
    }

    /// Takes the retry that is due, for this request or probe; whoever loses it to another does not ask.
    pub(super) fn claim_retry(&self, now: Moment) -> bool {
        let due = self.retry_at.load(Relaxed);
        let next = now.after(self.jittered(self.wait(), now)).as_nanos();
        // Another thread may have taken it since it was found due, and what stands there is the next one.
        due <= now.as_nanos()
            && self
                .retry_at
                .compare_exchange(due, next, Relaxed, Relaxed)
                .is_ok()
    }

    /// How long a node that is down or doubted waits from now.
    fn wait(&self) -> Duration {
        let health = self.health.load();
        match health.state() {
            State::Down => health.wait(&self.common.thresholds),
            State::Active | State::Quarantined => self.doubted_wait(),
        }
    }

    fn doubted_wait(&self) -> Duration {
        let first = match self.is_failing() {
            true => FIRST_WAIT_FAILING,
            false => FIRST_WAIT,
        };
        self.doubts.wait(first, self.common.usual.rate())
    }

    /// What was thought of the node's latency before an answer came.
    pub(super) fn doubt_of(&self, is_slow: bool) -> Doubt {
        match (is_slow, self.doubts.doublings()) {
            (false, _) => Doubt::None,
            (true, 0) => Doubt::Fresh,
            (true, _) => Doubt::Confirmed,
        }
    }

    /// Says when a node that is doubted is asked again; one that is no longer has a clean sheet.
    ///
    /// The better answers come, the sooner the next is wanted: they are few, and the doubt may be old.
    pub(super) fn doubt(&self, was: bool, is: bool, borne_out: bool, now: Moment) {
        if is && self.health.load().state() == State::Down {
            // When it is asked again is its health's to say.
            return;
        }
        if is && was && !borne_out {
            self.retry_after(FIRST_WAIT, now);
        } else if is {
            let more = u32::from(was);
            self.doubts.set(self.doubts.doublings() + more);
            self.retry_after(self.doubted_wait(), now);
        } else if was {
            self.doubts.set(0);
        }
    }

    pub(super) fn retry_after(&self, wait: Duration, now: Moment) {
        let next = now.after(self.jittered(wait, now));
        self.retry_at.store(next.as_nanos(), Relaxed);
    }

    /// Up to a quarter more or less, so that clients do not ask together.
    fn jittered(&self, wait: Duration, now: Moment) -> Duration {
        let mut bits = now.as_nanos() ^ self.count.load(Relaxed);
        bits = (bits ^ (bits >> 31)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let part = (bits >> 40) as f64 / (1_u64 << 24) as f64;
        Duration::try_from_secs_f64(wait.as_secs_f64() * (0.75 + 0.5 * part)).unwrap_or(wait)
    }

    /// Takes the next probe of this node, if it is down, or fails, and its wait is over.
    pub(crate) fn due_probe(&self, now: Moment) -> Option<Begun> {
        let health = self.health.load();
        let is_wanted = match health.state() {
            State::Down => true,
            State::Active => health.failures() > 0 && !self.doubts.is_vouched_for(),
            State::Quarantined => false,
        };
        let claimed = is_wanted && self.is_due(now) && self.claim_retry(now);
        claimed.then(|| self.probe_begins(now))
    }

    /// A probe that is no retry, as one that keeps a connection open.
    pub(crate) fn probe_begins(&self, now: Moment) -> Begun {
        let health = self.health.load();
        Begun {
            at: now,
            generation: health.generation(),
            is_trial: true,
            is_forced: false,
            is_claim: false,
            was_failing: health.failures() > 0,
        }
    }

    /// When the node is to be probed next, if it is.
    pub(crate) fn probe_at(&self) -> Option<Moment> {
        let health = self.health.load();
        let is_wanted = match health.state() {
            State::Down => true,
            State::Active => health.failures() > 0 && !self.doubts.is_vouched_for(),
            State::Quarantined => false,
        };
        is_wanted.then(|| Moment::from_nanos(self.retry_at.load(Relaxed)))
    }

    /// A probe of a node that fails was answered.
    pub(super) fn vouch(&self, now: Moment) {
        self.doubts.vouch();
        self.retry_at.store(now.as_nanos(), Relaxed);
    }
}
