//! Who is asked before the others, where an answer is doubtful.

use std::{
    sync::atomic::{
        AtomicU32, AtomicU64,
        Ordering::{AcqRel, Acquire, Relaxed, Release},
    },
    time::Duration,
};

use tokio::time::Instant;

/// Nothing is doubted.
const NO: u64 = 0;
/// The share of the group's timeout that the first doubt lasts: less than anybody notices.
const FIRST: u32 = 128;
/// How often it is doubled: up to an eighth of the timeout.
const DOUBLINGS: u32 = 4;

/// Says that whoever comes next should rather wait: it was refused, or nobody answered.
///
/// One request after the other is let through to see, in growing distances, and the others wait for how it went: so
/// a site that is gone, and is still in the table, costs each of its clients a few attempts and not one a call.
#[derive(Debug, Default)]
pub(crate) struct Doubt {
    /// When the next one is let through.
    until: AtomicU64,
    strikes: AtomicU32,
}

/// A moment, and how long silence lasts in the group.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Now {
    /// When the table was made.
    pub(crate) start: Instant,
    pub(crate) now: Instant,
    pub(crate) timeout: Duration,
}

impl Now {
    /// The moment after so many strikes at which the next one is let through.
    fn after(&self, strikes: u32) -> u64 {
        let pause = (self.timeout / FIRST).saturating_mul(1 << strikes.min(DOUBLINGS));
        self.nanos(self.now + pause)
    }

    /// Never [`NO`].
    fn nanos(&self, at: Instant) -> u64 {
        let nanos = at.saturating_duration_since(self.start).as_nanos();
        u64::try_from(nanos).unwrap_or(u64::MAX).max(1)
    }

    fn instant(&self, nanos: u64) -> Instant {
        self.start + Duration::from_nanos(nanos)
    }
}

impl Doubt {
    /// Whether there is any; all that a call where all is well asks.
    #[inline]
    pub(crate) fn is_none(&self) -> bool {
        self.until.load(Acquire) == NO
    }

    /// It was refused, or not answered.
    pub(crate) fn strike(&self, now: &Now) {
        let strikes = self.strikes.fetch_add(1, Relaxed);
        self.until.store(now.after(strikes), Release);
    }

    /// Whether the caller may see for itself now; if not, when to ask again.
    pub(crate) fn claim(&self, now: &Now) -> Result<(), Instant> {
        let until = self.until.load(Acquire);
        if until == NO {
            return Ok(());
        }
        if now.nanos(now.now) < until {
            return Err(now.instant(until));
        }
        let next = now.after(self.strikes.load(Relaxed));
        match self.until.compare_exchange(until, next, AcqRel, Acquire) {
            Ok(_) | Err(NO) => Ok(()),
            Err(other) => Err(now.instant(other)),
        }
    }

    /// All is well again; whether it was not.
    pub(crate) fn clear(&self) -> bool {
        let was = self.until.load(Relaxed) != NO && self.until.swap(NO, AcqRel) != NO;
        if was {
            self.strikes.store(0, Relaxed);
        }
        was
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::{Instant, advance};

    use super::{Doubt, Now};

    fn now(start: Instant) -> Now {
        Now {
            start,
            now: Instant::now(),
            timeout: Duration::from_millis(1_280),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn one_at_a_time_is_let_through_to_see() {
        let (doubt, start) = (Doubt::default(), Instant::now());
        assert_eq!(doubt.claim(&now(start)), Ok(()));
        doubt.strike(&now(start));
        assert!(!doubt.is_none());
        let until = doubt.claim(&now(start)).expect_err("too early");
        assert_eq!(until - start, Duration::from_millis(10));
        advance(Duration::from_millis(10)).await;
        assert_eq!(doubt.claim(&now(start)), Ok(()));
        assert!(doubt.claim(&now(start)).is_err(), "one is on its way");
        assert!(doubt.clear());
        assert_eq!(doubt.claim(&now(start)), Ok(()));
        assert!(!doubt.clear(), "there was none");
    }

    #[tokio::test(start_paused = true)]
    async fn the_distances_grow_up_to_an_eighth_of_the_timeout() {
        let (doubt, start) = (Doubt::default(), Instant::now());
        for millis in [10, 20, 40, 80, 160, 160, 160] {
            doubt.strike(&now(start));
            let until = doubt.claim(&now(start)).expect_err("too early");
            assert_eq!(until - Instant::now(), Duration::from_millis(millis));
            advance(until - Instant::now()).await;
        }
    }
}
