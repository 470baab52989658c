//! The faults of one node, with one flag for the usual case that there are none.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::Faults;
use super::fault::{Fault, Injection, When};
use crate::node::Close;
use crate::sync::lock;

#[derive(Debug, Default)]
pub(crate) struct FaultSwitch {
    any: AtomicBool,
    /// At most one of each kind, by rank.
    armed: Mutex<Vec<Injection>>,
}

/// What befalls one request, drawn when it arrives.
#[derive(Debug, Default)]
pub(crate) struct Hit {
    pub(crate) black_hole: bool,
    pub(crate) slow: Option<Duration>,
    pub(crate) close_after_head: Option<Close>,
    pub(crate) close_after_answer: bool,
    /// What becomes of the operation instead of its own answer.
    pub(crate) outcome: Option<Fault>,
}

impl FaultSwitch {
    pub(super) fn arm(&self, injection: Injection) {
        let mut armed = lock(&self.armed);
        let rank = injection.fault.rank();
        armed.retain(|other| other.fault.rank() != rank);
        armed.push(injection);
        armed.sort_by_key(|other| other.fault.rank());
        self.any.store(true, Ordering::Release);
    }

    pub(super) fn clear(&self) {
        lock(&self.armed).clear();
        self.any.store(false, Ordering::Release);
    }

    /// Draws what befalls a request; takes no lock if there are no faults.
    pub(crate) fn strike(&self, operation: bool) -> Hit {
        let mut hit = Hit::default();
        if !self.any.load(Ordering::Acquire) {
            return hit;
        }
        let mut armed = lock(&self.armed);
        for injection in armed.iter_mut() {
            let node_wide = injection.fault.is_of_the_node();
            let arrival = matches!(injection.fault, Fault::CloseOnArrival(_));
            let reaches = node_wide || (operation && !arrival && hit.outcome.is_none());
            if hit.black_hole || !reaches || !injection.hits() {
                continue;
            }
            match &injection.fault {
                Fault::BlackHole => hit.black_hole = true,
                Fault::Slow(delay) => hit.slow = Some(*delay),
                Fault::CloseAfterHead(how) => hit.close_after_head = Some(*how),
                Fault::CloseAfterAnswer => hit.close_after_answer = true,
                outcome => hit.outcome = Some(outcome.clone()),
            }
        }
        armed.retain(|injection| injection.when != When::Next(0));
        self.any.store(!armed.is_empty(), Ordering::Release);
        hit
    }

    /// Whether a request may be hit before it is read.
    pub(crate) fn hits_arrivals(&self) -> bool {
        let arrival = |armed: &Injection| matches!(armed.fault, Fault::CloseOnArrival(_));
        self.any.load(Ordering::Acquire) && lock(&self.armed).iter().any(arrival)
    }

    /// Draws what befalls a request of which nothing is read yet.
    pub(crate) fn strike_arrival(&self) -> Option<Close> {
        let mut armed = lock(&self.armed);
        let hit = armed
            .iter_mut()
            .find_map(|injection| match injection.fault {
                Fault::CloseOnArrival(how) => injection.hits().then_some(how),
                _ => None,
            });
        armed.retain(|injection| injection.when != When::Next(0));
        self.any.store(!armed.is_empty(), Ordering::Release);
        hit
    }

    /// How long every answer is held back now; the fault may have come with the answer due.
    pub(crate) fn slow(&self) -> Option<Duration> {
        self.lasting(|fault| match fault {
            Fault::Slow(delay) => Some(*delay),
            _ => None,
        })
    }

    /// Whether every answer is swallowed now.
    pub(crate) fn black_hole(&self) -> bool {
        self.lasting(|fault| (*fault == Fault::BlackHole).then_some(()))
            .is_some()
    }

    pub(super) fn show(&self, faults: &mut Faults) {
        for injection in lock(&self.armed).iter() {
            injection.fault.show(faults);
        }
    }

    fn lasting<T>(&self, find: impl Fn(&Fault) -> Option<T>) -> Option<T> {
        if !self.any.load(Ordering::Acquire) {
            return None;
        }
        let armed = lock(&self.armed);
        let mut always = armed.iter().filter(|other| other.when == When::Always);
        always.find_map(|injection| find(&injection.fault))
    }
}
