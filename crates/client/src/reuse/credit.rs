//! For how much of the time requests to one host may wait.

use std::time::Duration;

use tokio::time::Instant;

/// One part in so many of the time somebody may wait: less than the noise of any latency, and many times what a
/// pool asks for that has enough connections but for moments.
const PARTS: u32 = 100;

/// The most that is saved up, in five seconds.
const MOST: Duration = Duration::from_millis(50);

/// Time in which requests may wait: saved up while none does, spent while any does.
///
/// It begins with none, so that a client that has only just begun waits for nothing. Many who wait together
/// spend no more than one: what they wait for is the same moment.
#[derive(Debug)]
pub(super) struct Credit {
    saved: Duration,
    waiting: usize,
    at: Instant,
}

impl Credit {
    pub(super) fn from(now: Instant) -> Self {
        Self {
            saved: Duration::ZERO,
            waiting: 0,
            at: now,
        }
    }

    /// Begins a wait of at most `limit` if so much is saved up.
    pub(super) fn begin(&mut self, limit: Duration, now: Instant) -> bool {
        self.settle(now);
        let may_wait = self.saved >= limit;
        self.waiting += usize::from(may_wait);
        may_wait
    }

    /// Ends a wait that was begun.
    pub(super) fn end(&mut self, now: Instant) {
        self.settle(now);
        self.waiting = self.waiting.saturating_sub(1);
    }

    fn settle(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.at);
        self.at = now;
        self.saved = match self.waiting {
            0 => self.saved.saturating_add(passed / PARTS).min(MOST),
            _ => self.saved.saturating_sub(passed),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAIT: Duration = Duration::from_millis(10);

    #[tokio::test(start_paused = true)]
    async fn a_hundredth_of_the_time_may_be_waited() {
        let start = Instant::now();
        let mut credit = Credit::from(start);
        assert!(!credit.begin(WAIT, start));
        assert!(!credit.begin(WAIT, start + WAIT * (PARTS - 1)));
        let begun = start + WAIT * PARTS;
        assert!(credit.begin(WAIT, begun));
        credit.end(begun + WAIT / 2);
        assert!(!credit.begin(WAIT, begun + WAIT / 2));
        assert!(credit.begin(WAIT, begun + WAIT / 2 * (PARTS + 1)));
    }

    #[tokio::test(start_paused = true)]
    async fn those_who_wait_together_spend_no_more_than_one() {
        let start = Instant::now();
        let mut credit = Credit::from(start);
        let begun = start + WAIT * PARTS;
        assert!((0..1000).all(|_| credit.begin(WAIT, begun)));
        // Some of it is spent by now.
        assert!(!credit.begin(WAIT, begun + WAIT / 10));
        (0..1000).for_each(|_| credit.end(begun + WAIT / 10));
        assert!(credit.begin(WAIT, begun + WAIT / 10 * (PARTS + 1)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_that_was_quiet_for_long_has_waits_enough_for_a_moment() {
        let start = Instant::now();
        let mut credit = Credit::from(start);
        let mut now = start + Duration::from_secs(3600);
        for _ in 0..5 {
            assert!(credit.begin(WAIT, now));
            now += WAIT;
            credit.end(now);
        }
        assert!(!credit.begin(WAIT, now));
    }
}
