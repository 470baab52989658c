//! When a site is to be heard next: a pure schedule.

use std::time::Duration;

/// When a site is to be heard next.
///
/// Every heartbeat; and just when the next silent site may be replaced, so that it is, by whoever asks first, well
/// before the next heartbeat of anybody.
#[derive(Debug, Clone)]
pub(super) struct Pulse {
    timeout: Duration,
    heartbeat: Duration,
    next: Duration,
    failures: u32,
}

/// Spreads the sites that all ask for the same expiry, in shares of the timeout: a new primary stands within 1.05.
const SPREAD: f64 = 0.01;
/// The connection's share of the patience: it is to learn before the task gives up that it was not answered.
const OF_PATIENCE: f64 = 0.95;
/// Redis counts in milliseconds: a question of the same one would come too early.
const TICK: Duration = Duration::from_millis(1);

impl Pulse {
    pub(super) fn new(timeout: Duration, heartbeat: Duration) -> Self {
        Self {
            timeout,
            heartbeat,
            next: Duration::ZERO,
            failures: 0,
        }
    }

    /// When to ask next.
    pub(super) fn next(&self) -> Duration {
        self.next
    }

    /// How long the task waits for an answer.
    pub(super) fn patience(&self) -> Duration {
        patience(self.timeout)
    }

    /// A question sent at `sent` was answered at `now`; `expiry` is how long until the next site may be replaced.
    pub(super) fn answered(
        &mut self,
        sent: Duration,
        now: Duration,
        expiry: Duration,
        random: f64,
    ) {
        self.failures = 0;
        let expiry = now + expiry + TICK + self.timeout.mul_f64(SPREAD * random.clamp(0.0, 1.0));
        self.next = (sent + self.heartbeat).min(expiry).max(now + TICK);
    }

    /// How long to wait before something that failed is tried again: up to an eighth of a heartbeat.
    pub(super) fn pause(&self, random: f64) -> Duration {
        (self.heartbeat / 8)
            .mul_f64(random.clamp(0.0, 1.0))
            .max(TICK)
    }

    /// A question was not answered: asks again soon, less and less so.
    pub(super) fn failed(&mut self, now: Duration, random: f64) {
        let wait = (self.heartbeat / 8) * (1 << self.failures.min(3));
        self.failures += 1;
        self.next = now + wait.mul_f64(random.clamp(0.0, 1.0)).max(TICK);
    }
}

/// How long an answer is waited for: so that four questions fit into a timeout, and a lease outlasts two lost.
pub(super) fn patience(timeout: Duration) -> Duration {
    timeout / 4
}

/// How long the connection waits for an answer, and is left for another then.
///
/// Less than [`patience`]: a question that is dropped by whoever asked it tells the connection nothing.
pub(super) fn silence(timeout: Duration) -> Duration {
    patience(timeout).mul_f64(OF_PATIENCE)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Pulse;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn a_site_asks_each_heartbeat_and_when_the_next_silence_may_end() {
        let mut pulse = Pulse::new(ms(4_000), ms(1_000));
        pulse.answered(ms(100), ms(150), ms(3_000), 0.5);
        assert_eq!(pulse.next(), ms(1_100), "a heartbeat after it was sent");
        pulse.answered(ms(1_100), ms(1_110), ms(300), 0.0);
        assert_eq!(pulse.next(), ms(1_411));
        pulse.answered(ms(1_100), ms(1_110), ms(300), 1.0);
        assert_eq!(pulse.next(), ms(1_451), "1 % of the timeout later at most");
    }

    #[test]
    fn an_expiry_that_has_passed_is_no_busy_loop() {
        let mut pulse = Pulse::new(ms(4_000), ms(1_000));
        pulse.answered(ms(100), ms(3_000), ms(0), 0.0);
        assert!(pulse.next() > ms(3_000));
    }

    #[test]
    fn questions_without_an_answer_are_asked_again_at_least_each_heartbeat() {
        let mut pulse = Pulse::new(ms(4_000), ms(1_000));
        for _ in 0..40 {
            pulse.failed(ms(500), 1.0);
            assert!(pulse.next() <= ms(1_500) && pulse.next() > ms(500));
        }
    }
}
