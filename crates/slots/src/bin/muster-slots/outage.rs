//! Since when a group cannot be read.

use std::time::Duration;

use tokio::time::Instant;

/// The longest time in which nothing is said of it.
const SILENCE: Duration = Duration::from_secs(60);

/// A time in which the group cannot be read.
#[derive(Debug)]
pub(crate) struct Outage {
    since: Instant,
    /// The last reason, as it was said.
    reason: String,
    /// How long it had lasted when it was said.
    said: Duration,
}

impl Outage {
    /// It was seen first.
    pub(crate) fn begins(now: Instant) -> Self {
        Self {
            since: now,
            reason: String::new(),
            said: Duration::ZERO,
        }
    }

    /// Whether it is to be said: at once, with another reason, and each time when it has lasted twice as long.
    pub(crate) fn is_due(&mut self, reason: String, now: Instant) -> bool {
        let lasts = self.lasts(now);
        let pause = self.said.clamp(Duration::from_secs(1), SILENCE);
        let is_due = self.reason != reason || lasts >= self.said + pause;
        if is_due {
            (self.reason, self.said) = (reason, lasts);
        }
        is_due
    }

    pub(crate) fn lasts(&self, now: Instant) -> Duration {
        now.duration_since(self.since)
    }

    pub(crate) fn reason(&self) -> &str {
        &self.reason
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::Outage;

    #[test]
    fn an_outage_is_said_at_once_and_then_in_growing_distances() {
        let begin = Instant::now();
        let mut outage = Outage::begins(begin);
        let mut is_due = |seconds| {
            let now = begin + Duration::from_secs(seconds);
            outage.is_due("gone".to_owned(), now)
        };
        let said: Vec<u64> = (0..=300).filter(|seconds| is_due(*seconds)).collect();
        assert_eq!(said, [0, 1, 2, 4, 8, 16, 32, 64, 124, 184, 244]);
    }

    #[test]
    fn another_reason_is_said_at_once() {
        let begin = Instant::now();
        let mut outage = Outage::begins(begin);
        assert!(outage.is_due("gone".to_owned(), begin));
        assert!(!outage.is_due("gone".to_owned(), begin));
        assert!(outage.is_due("loading".to_owned(), begin));
        assert_eq!(outage.reason(), "loading");
    }
}
