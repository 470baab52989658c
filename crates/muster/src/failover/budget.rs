//! How many extra attempts the whole process may spend.

use std::{
    collections::{
        HashMap, VecDeque,
        hash_map::{Entry, RandomState},
    },
    fmt,
    hash::BuildHasher,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::time::Instant;

use crate::node::Node;

/// Over which time calls and extra attempts are weighed against each other; Finagle's and linkerd's
/// budgets look back as long.
const WINDOW: Duration = Duration::from_secs(10);

/// How many marks of the count of calls a window has: as good as one for each extra attempt, within one
/// percent.
const MARKS: u32 = 100;

/// The part of the budget that one node may be the cause of.
const MOST_PER_NODE: f64 = 0.5;

/// The largest reserve, since each extra attempt of the window is remembered.
const MOST_PER_SECOND: f64 = 10_000.0;

/// Bounds the extra attempts to a share of the calls.
///
/// A limit per call does not bound the load: when every call fails, three attempts each are three times
/// the load, at the worst moment. A budget does: over ten seconds there are at most a tenth more attempts
/// than calls, and 10 a second besides, so that a client with few calls may fail over, too. (Finagle and
/// linkerd allow a fifth and the same 10 a second; with a tenth a total outage costs 1.1 times the load,
/// as Marc Brooker's "Fixing retries with token buckets and circuit breakers" (2022) reckons.)
///
/// A node that fails again and again spends no more than half of it: what happens to the others meanwhile
/// may still be repeated.
///
/// A call adds to a counter, nothing else; the sums are done when an extra attempt is wanted.
///
/// # Clone
///
/// Clones are one budget: give the same one to every stack of the process.
#[derive(Clone)]
pub struct Budget {
    inner: Arc<Inner>,
}

struct Inner {
    share: f64,
    reserve: f64,
    calls: AtomicU64,
    ledger: Mutex<Ledger>,
    hasher: RandomState,
}

/// What was counted when, and what was spent.
struct Ledger {
    /// The count of calls at some moments, the newest last, back to one that is older than the window.
    marks: VecDeque<(Instant, u64)>,
    /// The extra attempts of the window.
    spent: VecDeque<Spent>,
    /// How many of them each node was the cause of.
    by_cause: HashMap<Cause, u32>,
}

/// The hash of a node's address.
type Cause = u64;

/// One extra attempt: when it was made, and because of which node.
struct Spent {
    at: Instant,
    cause: Option<Cause>,
}

impl Budget {
    /// Makes a budget of `share` extra attempts per call, and `per_second` besides.
    ///
    /// # Errors
    ///
    /// [`BudgetError`] if `share` is not between 0 and 1, or `per_second` not between 0 and 10,000.
    pub fn new(share: f64, per_second: f64) -> Result<Self, BudgetError> {
        if !(0.0..=1.0).contains(&share) {
            return Err(BudgetError {
                field: "share",
                value: share,
                wanted: "between 0 and 1",
            });
        }
        if !(0.0..=MOST_PER_SECOND).contains(&per_second) {
            return Err(BudgetError {
                field: "per_second",
                value: per_second,
                wanted: "between 0 and 10000",
            });
        }
        Ok(Self::of(share, per_second))
    }

    pub(super) fn of(share: f64, per_second: f64) -> Self {
        let inner = Inner {
            share,
            reserve: per_second * WINDOW.as_secs_f64(),
            calls: AtomicU64::new(0),
            ledger: Mutex::new(Ledger {
                marks: VecDeque::from([(Instant::now(), 0)]),
                spent: VecDeque::new(),
                by_cause: HashMap::new(),
            }),
            hasher: RandomState::new(),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// Counts a call; for those who send by other means than `Failover`.
    pub fn deposit(&self) {
        self.inner.calls.fetch_add(1, Relaxed);
    }

    /// Takes one extra attempt out, if there is one left.
    #[must_use]
    pub fn withdraw(&self, now: Instant) -> bool {
        self.take(None, now)
    }

    /// Takes one extra attempt out that `node` is the cause of, if there is one left for it.
    #[must_use]
    pub fn withdraw_for(&self, node: &Node, now: Instant) -> bool {
        self.take(Some(self.inner.hasher.hash_one(node.origin())), now)
    }

    fn take(&self, cause: Option<Cause>, now: Instant) -> bool {
        let inner = &*self.inner;
        let calls = inner.calls.load(Relaxed);
        // Never held across anything that can panic or wait.
        let mut ledger = inner.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        ledger.forget(now);
        let allowed = inner.share * ledger.calls_in_window(now, calls) + inner.reserve;
        ledger.spend(cause, allowed, now)
    }
}

impl Ledger {
    /// Drops what has left the window.
    fn forget(&mut self, now: Instant) {
        while self
            .spent
            .front()
            .is_some_and(|spent| is_old(spent.at, now))
        {
            let Some(spent) = self.spent.pop_front() else {
                break;
            };
            let Some(cause) = spent.cause else { continue };
            if let Entry::Occupied(mut count) = self.by_cause.entry(cause) {
                match count.get().checked_sub(1) {
                    Some(0) | None => drop(count.remove()),
                    Some(left) => *count.get_mut() = left,
                }
            }
        }
    }

    /// Takes one attempt of those that are allowed, for a cause that may have its part of them.
    fn spend(&mut self, cause: Option<Cause>, allowed: f64, now: Instant) -> bool {
        if self.spent.len() as f64 + 1.0 > allowed {
            return false;
        }
        if let Some(cause) = cause {
            let count = self.by_cause.entry(cause).or_default();
            if f64::from(*count) >= (allowed * MOST_PER_NODE).ceil() {
                return false;
            }
            *count += 1;
        }
        self.spent.push_back(Spent { at: now, cause });
        true
    }

    /// About how many calls the window holds: since its oldest mark, or a share of that if the mark is
    /// older than the window.
    fn calls_in_window(&mut self, now: Instant, calls: u64) -> f64 {
        let age = |at: Instant| now.saturating_duration_since(at);
        while self.marks.get(1).is_some_and(|(at, _)| is_old(*at, now)) {
            self.marks.pop_front();
        }
        let is_fresh = |at: Instant| age(at) < WINDOW / MARKS;
        if !self.marks.back().is_some_and(|(at, _)| is_fresh(*at)) {
            self.marks.push_back((now, calls));
        }
        let Some(&(first, before)) = self.marks.front() else {
            return 0.0;
        };
        if age(first) <= WINDOW {
            return calls.saturating_sub(before) as f64;
        }
        // Rather a mark within the window than one before it, if it is near the edge.
        let within = self
            .marks
            .get(1)
            .filter(|(at, _)| age(*at) >= WINDOW / 10 * 9);
        let (since, before) = match within {
            Some((_, before)) => (WINDOW, *before),
            None => (age(first), before),
        };
        let counted = calls.saturating_sub(before) as f64;
        let mean = counted * WINDOW.as_secs_f64() / since.as_secs_f64();
        // Of calls that come at random there are hardly ever fewer than so many.
        (mean - 2.0 * mean.sqrt()).max(0.0)
    }
}

fn is_old(at: Instant, now: Instant) -> bool {
    now.saturating_duration_since(at) > WINDOW
}

impl Default for Budget {
    /// A tenth of the calls, and 10 a second.
    fn default() -> Self {
        Self::of(0.1, 10.0)
    }
}

impl fmt::Debug for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner {
            share,
            reserve,
            calls,
            ..
        } = &*self.inner;
        f.debug_struct("Budget")
            .field("share", share)
            .field("per_second", &(reserve / WINDOW.as_secs_f64()))
            .field("calls", &calls.load(Relaxed))
            .finish_non_exhaustive()
    }
}

/// Says which number does not make a budget.
#[derive(Debug, Clone, PartialEq)]
pub struct BudgetError {
    field: &'static str,
    value: f64,
    wanted: &'static str,
}

impl fmt::Display for BudgetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            field,
            value,
            wanted,
        } = self;
        write!(f, "budget: {field} is {value}, and must be {wanted}")
    }
}

impl std::error::Error for BudgetError {}

#[cfg(test)]
mod tests;
