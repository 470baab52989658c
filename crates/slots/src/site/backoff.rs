//! How long a slot rests after something failed.

use std::time::Duration;

/// How long a slot rests after something failed: up to twice as long after each failure, by full jitter.
///
/// Full jitter spreads the tries of many slots, which tend to fail together, over the whole wait:
/// <https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Backoff {
    failures: u8,
    until: Duration,
}

/// After so many doublings the wait grows no more: 512 times the first is longer than a migration is waited for.
const MOST_DOUBLINGS: u8 = 9;
/// The first wait, in shares of the group's timeout: a call that was lost to a hiccup is repeated well within one.
const FIRST: u32 = 20;

impl Backoff {
    /// Counts a failure at `now`; `random` is between 0 and 1.
    pub(super) fn fail(&mut self, now: Duration, timeout: Duration, random: f64) {
        let most = (timeout / FIRST) * (1_u32 << self.failures.min(MOST_DOUBLINGS));
        self.failures = self.failures.saturating_add(1);
        // Never at once: a failure that costs nothing would be repeated without end.
        let wait = most.mul_f64(random.clamp(0.0, 1.0)).max(timeout / 200);
        self.until = now + wait;
    }

    pub(super) fn reset(&mut self) {
        *self = Self::default();
    }

    pub(super) fn until(&self) -> Duration {
        self.until
    }

    pub(super) fn rests(&self, now: Duration) -> bool {
        now < self.until
    }
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
    fn no_luck_makes_a_slot_be_asked_for_without_rest() {
        let mut backoff = Backoff::default();
        backoff.fail(TIMEOUT, TIMEOUT, 0.0);
        assert!(backoff.rests(TIMEOUT));
        assert!(!backoff.rests(TIMEOUT + Duration::from_millis(25)));
    }
}
