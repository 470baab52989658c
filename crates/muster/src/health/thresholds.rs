//! The numbers of the state machine.

use std::{error::Error, fmt, time::Duration};

/// Says how much it takes to move a node from one state to another.
///
/// The [module](super) has a table of the defaults and their reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "it does nothing until a cluster has it"]
pub struct Thresholds {
    pub(super) active_failures: u8,
    pub(super) quarantine_failures: u8,
    pub(super) recovery_probes: u8,
    pub(super) promotion_successes: u8,
    pub(super) refusal_is_enough: bool,
    pub(super) first_wait: Duration,
    pub(super) longest_wait: Duration,
    /// How often the first wait is doubled to reach the longest.
    pub(super) most_doublings: u8,
}

impl Thresholds {
    /// Sets how many failures in a row put an active node out; by default 3.
    ///
    /// One or two may be the requests' own doing. linkerd waits for seven, Envoy and Finagle for five.
    ///
    /// # Errors
    ///
    /// [`ThresholdError`] if it is not between 1 and 255.
    pub fn active_failures(mut self, failures: u32) -> Result<Self, ThresholdError> {
        self.active_failures = count("active_failures", failures)?;
        Ok(self)
    }

    /// Sets how many failures in a row put a quarantined node out again; by default 1.
    ///
    /// # Errors
    ///
    /// [`ThresholdError`] if it is not between 1 and 255.
    pub fn quarantine_failures(mut self, failures: u32) -> Result<Self, ThresholdError> {
        self.quarantine_failures = count("quarantine_failures", failures)?;
        Ok(self)
    }

    /// Sets how many probes in a row a node that is down must answer to be quarantined; by default 1.
    ///
    /// # Errors
    ///
    /// [`ThresholdError`] if it is not between 1 and 255.
    pub fn recovery_probes(mut self, probes: u32) -> Result<Self, ThresholdError> {
        self.recovery_probes = count("recovery_probes", probes)?;
        Ok(self)
    }

    /// Sets how many requests in a row a quarantined node must serve to be active; by default 10.
    ///
    /// # Errors
    ///
    /// [`ThresholdError`] if it is not between 1 and 255.
    pub fn promotion_successes(mut self, successes: u32) -> Result<Self, ThresholdError> {
        self.promotion_successes = count("promotion_successes", successes)?;
        Ok(self)
    }

    /// Sets whether one refused connection, or one silence, puts a node out at once; by default yes.
    ///
    /// If not, each is one failure like any other.
    pub const fn refusal_is_enough(mut self, is: bool) -> Self {
        self.refusal_is_enough = is;
        self
    }

    /// Sets how long a node that is down waits to be asked again; by default 250 ms to 8 s.
    ///
    /// `first` is the first wait of a node that was well before. It is doubled, up to `longest`, as long as
    /// the node fails or its recoveries do not last. Two equal waits are always the same wait.
    ///
    /// # Errors
    ///
    /// [`ThresholdError`] if `first` is zero, or longer than `longest`.
    pub fn waits(mut self, first: Duration, longest: Duration) -> Result<Self, ThresholdError> {
        if first.is_zero() {
            return Err(ThresholdError {
                field: "first_wait",
                value: format!("{first:?}"),
                wanted: "longer than nothing".to_owned(),
            });
        }
        if longest < first {
            return Err(ThresholdError {
                field: "longest_wait",
                value: format!("{longest:?}"),
                wanted: format!("at least first_wait ({first:?})"),
            });
        }
        self.first_wait = first;
        self.longest_wait = longest;
        self.most_doublings = doublings(first, longest);
        Ok(self)
    }

    /// The wait after `backoff` doublings.
    pub(super) fn wait(&self, backoff: u8) -> Duration {
        doubled(self.first_wait, backoff.min(self.most_doublings)).min(self.longest_wait)
    }
}

impl Default for Thresholds {
    fn default() -> Self {
        let (first_wait, longest_wait) = (Duration::from_millis(250), Duration::from_secs(8));
        Self {
            active_failures: 3,
            quarantine_failures: 1,
            recovery_probes: 1,
            promotion_successes: 10,
            refusal_is_enough: true,
            first_wait,
            longest_wait,
            most_doublings: doublings(first_wait, longest_wait),
        }
    }
}

/// Says which threshold is out of its range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThresholdError {
    field: &'static str,
    value: String,
    wanted: String,
}

impl ThresholdError {
    /// Returns the name of the threshold.
    #[must_use]
    pub fn field(&self) -> &'static str {
        self.field
    }

    /// Returns the value that was refused, as text.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }
}

impl fmt::Display for ThresholdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            field,
            value,
            wanted,
        } = self;
        write!(f, "thresholds: {field} is {value}, and must be {wanted}")
    }
}

impl Error for ThresholdError {}

fn count(field: &'static str, value: u32) -> Result<u8, ThresholdError> {
    match u8::try_from(value) {
        Ok(count @ 1..) => Ok(count),
        _ => Err(ThresholdError {
            field,
            value: value.to_string(),
            wanted: "between 1 and 255".to_owned(),
        }),
    }
}

fn doubled(wait: Duration, times: u8) -> Duration {
    (0..times).fold(wait, |wait, _| wait.saturating_mul(2))
}

/// How often `first` is doubled until it is at least `longest`: 94 times from a nanosecond to the longest
/// duration there is.
fn doublings(first: Duration, longest: Duration) -> u8 {
    let mut times = 0;
    while doubled(first, times) < longest {
        times += 1;
    }
    times
}
