//! How nodes are asked beside the traffic.

use std::{fmt, num::NonZeroU16, sync::Arc, time::Duration};

use super::{Ask, Probe};

/// How long a probe may take; ScyllaDB's clients give theirs as long.
const TIMEOUT: Duration = Duration::from_secs(5);
/// How many probes are under way at once; ScyllaDB's clients have as many.
const CONCURRENCY: u16 = 4;
/// The most that may be asked for; as there.
const MOST_CONCURRENCY: u16 = 64;

/// Says how nodes are asked beside the traffic.
///
/// A node that is down is asked after a quarter of a second, then in intervals that double up to the
/// [longest wait](crate::health::Thresholds).
#[derive(Clone)]
#[must_use = "it does nothing until a cluster has it"]
pub struct Probing {
    pub(crate) probe: Arc<dyn Ask>,
    pub(crate) timeout: Duration,
    pub(crate) concurrency: usize,
    pub(crate) warm: Option<Warm>,
}

/// How many connections to each node are kept open, and how often they are used for it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Warm {
    pub(crate) connections: u16,
    pub(crate) every: Duration,
}

impl Probing {
    /// Asks by `probe`, for 5 s at most, four nodes at a time.
    pub fn new(probe: impl Probe) -> Self {
        Self {
            probe: Arc::new(probe),
            timeout: TIMEOUT,
            concurrency: CONCURRENCY.into(),
            warm: None,
        }
    }

    /// Sets how long a probe may take; by default 5 s.
    ///
    /// # Errors
    ///
    /// [`ProbingError`] if it is zero.
    pub fn timeout(mut self, timeout: Duration) -> Result<Self, ProbingError> {
        self.timeout = positive("timeout", timeout)?;
        Ok(self)
    }

    /// Sets how many probes are under way at once; by default 4.
    ///
    /// # Errors
    ///
    /// [`ProbingError`] if it is zero or above 64.
    pub fn concurrency(mut self, concurrency: u16) -> Result<Self, ProbingError> {
        if !(1..=MOST_CONCURRENCY).contains(&concurrency) {
            return Err(ProbingError {
                field: "concurrency",
                value: concurrency.to_string(),
                wanted: "between 1 and 64",
            });
        }
        self.concurrency = concurrency.into();
        Ok(self)
    }

    /// Keeps `connections` to each node open ahead of the traffic, also while no request is sent.
    ///
    /// So many probes are sent to a node at the same time, when it becomes known and then again `every` so
    /// often, which should be less than the client's idle timeout: each needs a connection of its own, and
    /// leaves it in the client's pool. (Of a client that multiplexes, such as one of HTTP/2, one
    /// connection serves them all.)
    ///
    /// # Errors
    ///
    /// [`ProbingError`] if `every` is zero.
    pub fn keep_warm(
        mut self,
        connections: NonZeroU16,
        every: Duration,
    ) -> Result<Self, ProbingError> {
        self.warm = Some(Warm {
            connections: connections.get(),
            every: positive("every", every)?,
        });
        Ok(self)
    }
}

fn positive(field: &'static str, value: Duration) -> Result<Duration, ProbingError> {
    if value.is_zero() {
        return Err(ProbingError {
            field,
            value: format!("{value:?}"),
            wanted: "longer than nothing",
        });
    }
    Ok(value)
}

impl fmt::Debug for Probing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Probing")
            .field("timeout", &self.timeout)
            .field("concurrency", &self.concurrency)
            .field("warm", &self.warm)
            .finish_non_exhaustive()
    }
}

/// Says which setting of the probes is out of its range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbingError {
    field: &'static str,
    value: String,
    wanted: &'static str,
}

impl fmt::Display for ProbingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            field,
            value,
            wanted,
        } = self;
        write!(f, "probing: {field} is {value}, and must be {wanted}")
    }
}

impl std::error::Error for ProbingError {}
