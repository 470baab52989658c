//! How long a call waits before it comes back to nodes that it has tried.

use std::{fmt, time::Duration};

/// Says how long a call waits before it comes back to nodes that it has tried.
///
/// Moving to another node costs no pause: that node has nothing to recover from. Once every node was
/// tried, the call waits at random up to a bound that doubles each time ("full jitter", Marc Brooker,
/// "Exponential Backoff And Jitter", 2015), so that calls which failed together do not come back together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    base: Duration,
    cap: Duration,
}

impl Backoff {
    /// Makes a backoff that waits up to `base` at first, and never longer than `cap`.
    ///
    /// # Errors
    ///
    /// [`BackoffError`] if `base` is zero, or more than `cap`.
    pub fn new(base: Duration, cap: Duration) -> Result<Self, BackoffError> {
        if base.is_zero() || base > cap {
            return Err(BackoffError { base, cap });
        }
        Ok(Self { base, cap })
    }

    /// The pause before round `round` over the nodes; the second is the first with a pause.
    pub(super) fn pause(&self, round: u32) -> Duration {
        let doublings = round.saturating_sub(2).min(31);
        let bound = self.base.saturating_mul(1 << doublings).min(self.cap);
        bound.mul_f64(fastrand::f64())
    }
}

impl Default for Backoff {
    /// Up to 25 ms, doubled up to a second: the pace of the AWS SDKs between retries at DynamoDB.
    fn default() -> Self {
        Self {
            base: Duration::from_millis(25),
            cap: Duration::from_secs(1),
        }
    }
}

/// Says which durations make no backoff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackoffError {
    base: Duration,
    cap: Duration,
}

impl fmt::Display for BackoffError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { base, cap } = self;
        write!(
            f,
            "backoff: base is {base:?}, and must be more than zero and at most cap, which is {cap:?}"
        )
    }
}

impl std::error::Error for BackoffError {}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Backoff;

    const fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn durations_that_make_no_backoff_are_refused_by_their_values() {
        for (base, cap) in [(0, 10), (11, 10), (0, 0)] {
            let error = Backoff::new(millis(base), millis(cap)).expect_err("no backoff");
            let text = error.to_string();
            assert!(
                text.contains(&format!("base is {:?}", millis(base))),
                "{text}"
            );
        }
        assert!(Backoff::new(millis(10), millis(10)).is_ok());
    }

    #[test]
    fn pauses_are_spread_below_a_bound_that_doubles_up_to_the_cap() {
        let backoff = Backoff::new(millis(10), millis(35)).expect("a backoff");
        for (round, bound) in [(2, 10), (3, 20), (4, 35), (5, 35), (u32::MAX, 35)] {
            let pauses: Vec<_> = (0..1_000).map(|_| backoff.pause(round)).collect();
            assert!(pauses.iter().all(|pause| *pause <= millis(bound)));
            let mean = pauses.iter().sum::<Duration>() / 1_000;
            let share = mean.as_secs_f64() / millis(bound).as_secs_f64();
            assert!((0.4..0.6).contains(&share), "round {round}: {share}");
        }
    }
}
