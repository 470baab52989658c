//! How long a slot rests after something failed.

use std::time::Duration;

/// How long something about a slot rests after it failed: up to twice as long after each failure, by full jitter.
///
/// Full jitter spreads the tries of many slots, which tend to fail together, over the whole wait:
/// <https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Backoff {
    failures: u8,
    until: Duration,
    /// Since when all is well again.
    well: Option<Duration>,
}

/// After so many doublings the wait grows no more: 512 times the first is longer than a migration is waited for.
const MOST_DOUBLINGS: u8 = 9;
/// The first wait, in shares of the group's timeout: a call that was lost to a hiccup is repeated well within one.
const FIRST: u32 = 20;

impl Backoff {
    /// Counts a failure at `now`; `random` is between 0 and 1.
    pub(super) fn fail(&mut self, now: Duration, timeout: Duration, random: f64) {
        let well = self
            .well
            .take()
            .map_or(Duration::ZERO, |since| now.saturating_sub(since));
        if well >= most(self.failures.saturating_sub(1), timeout).max(timeout) {
            self.failures = 0;
        }
        let most = most(self.failures, timeout);
        self.failures = self.failures.saturating_add(1);
        // Never at once: a failure that costs nothing would be repeated without end.
        let wait = most.mul_f64(random.clamp(0.0, 1.0)).max(timeout / 200);
        self.until = now + wait;
    }

    /// It succeeded, and what it succeeded in does not fail later.
    pub(super) fn reset(&mut self) {
        *self = Self::default();
    }

    /// It succeeded at `now`, for the time being: failures are forgotten when all has been well for a timeout, and for
    /// as long as it last rested at most.
    pub(super) fn succeed(&mut self, now: Duration) {
        self.until = Duration::ZERO;
        self.well.get_or_insert(now);
    }

    pub(super) fn until(&self) -> Duration {
        self.until
    }

    pub(super) fn rests(&self, now: Duration) -> bool {
        now < self.until
    }
}

/// The longest rest after so many failures before.
fn most(failures: u8, timeout: Duration) -> Duration {
    (timeout / FIRST) * (1_u32 << failures.min(MOST_DOUBLINGS))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Backoff;

    const TIMEOUT: Duration = Duration::from_secs(5);

    #[test]
    fn waits_double_up_to_a_bound_and_begin_anew_after_success() {
        let mut backoff = Backoff::default();
        let mut waits = Vec::new();
        for _ in 0..12 {
            backoff.fail(Duration::ZERO, TIMEOUT, 1.0);
            waits.push(backoff.until());
        }
        assert_eq!(waits[0], Duration::from_millis(250));
        assert!(
            waits.windows(2).take(9).all(|pair| pair[1] == pair[0] * 2),
            "{waits:?}"
        );
        assert_eq!(waits[9], waits[11]);
        backoff.reset();
        backoff.fail(Duration::ZERO, TIMEOUT, 1.0);
        assert_eq!(backoff.until(), waits[0]);
    }

    #[test]
    fn what_succeeds_for_a_moment_only_rests_longer_each_time() {
        let (mut backoff, mut now) = (Backoff::default(), Duration::ZERO);
        let mut rests = Vec::new();
        for well in [TIMEOUT / 2; 8].into_iter().chain([TIMEOUT * 10, TIMEOUT]) {
            backoff.fail(now, TIMEOUT, 1.0);
            rests.push(backoff.until() - now);
            now = backoff.until();
            backoff.succeed(now);
            backoff.succeed(now + well / 2);
            assert!(!backoff.rests(now));
            now += well;
        }
        assert!(
            rests[..9].windows(2).all(|pair| pair[1] == pair[0] * 2),
            "{rests:?}"
        );
        // It rested for more than ten timeouts, and was well for no longer than that; then for longer than it rested.
        assert_eq!(rests[9], rests[8] * 2);
        backoff.succeed(now);
        backoff.fail(now + TIMEOUT * 30, TIMEOUT, 1.0);
        assert_eq!(backoff.until(), now + TIMEOUT * 30 + rests[0]);
    }

    #[test]
    fn no_luck_makes_a_slot_be_asked_for_without_rest() {
        let mut backoff = Backoff::default();
        backoff.fail(TIMEOUT, TIMEOUT, 0.0);
        assert!(backoff.rests(TIMEOUT));
        assert!(!backoff.rests(TIMEOUT + Duration::from_millis(25)));
    }
}
