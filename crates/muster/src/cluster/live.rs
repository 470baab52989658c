//! What is known of one node beyond its address: its load and its health.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use super::moment::Moment;
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

/// One request in flight, in the low bits of the count.
const ONE_IN_FLIGHT: u64 = 1;
/// One request begun, in the high bits. 24 bits below hold 16 million requests in flight at one node;
/// 40 bits above hold a trillion requests.
const ONE_BEGUN: u64 = 1 << 24;

/// The live state of one node: written by every request to it, read by every pick.
///
/// Aligned to a cache line, so that two nodes never share one.
#[derive(Debug)]
#[repr(align(64))]
pub(crate) struct Live {
    node: Arc<Node>,
    /// Requests begun and in flight, in one word so that a request costs one write at each end.
    count: AtomicU64,
    /// The node is not chosen before this moment, in nanoseconds.
    aside_until: AtomicU64,
    /// Bad answers since the last good one.
    bad_answers: AtomicU32,
}

impl Live {
    pub(crate) fn new(node: Arc<Node>) -> Self {
        Self {
            node,
            count: AtomicU64::new(0),
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

    /// Whether the node may be chosen while others may be, too.
    pub(crate) fn is_well(&self, now: Moment) -> bool {
        self.aside_until.load(Relaxed) <= now.as_nanos()
    }

    pub(crate) fn begin(&self) {
        self.count.fetch_add(ONE_BEGUN + ONE_IN_FLIGHT, Relaxed);
    }

    pub(crate) fn end(&self) {
        self.count.fetch_sub(ONE_IN_FLIGHT, Relaxed);
    }

    /// What an attempt taught, decided in the thread that completes it.
    pub(crate) fn learn(&self, outcome: Outcome, now: Moment) {
        if outcome.blame() != Blame::Node {
            return;
        }
        match outcome.kind() {
            Kind::Refused => self.set_aside(now),
            Kind::Ambiguous if self.bad_answers.fetch_add(1, Relaxed) + 1 >= BAD_ANSWERS => {
                self.set_aside(now);
            }
            _ => {}
        }
    }

    /// Forgets the bad answers before a good one. A node without any costs a read.
    pub(crate) fn has_served(&self) {
        if self.bad_answers.load(Relaxed) != 0 {
            self.bad_answers.store(0, Relaxed);
        }
    }

    /// Nobody chooses the node for a while, unless nothing else is left.
    pub(crate) fn set_aside(&self, now: Moment) {
        self.aside_until
            .fetch_max(now.after(SET_ASIDE).as_nanos(), Relaxed);
    }
}
