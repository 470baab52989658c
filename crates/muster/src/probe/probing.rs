//! How nodes are asked beside the traffic.

use std::{fmt, ops::RangeInclusive, sync::Arc, time::Duration};

use super::{Ask, Probe};

/// How long a probe may take; ScyllaDB's clients give theirs as long.
const TIMEOUT: Duration = Duration::from_secs(5);
/// How many nodes are asked at once; ScyllaDB's clients have as many.
const CONCURRENCY: u16 = 4;
/// How many of them there may be; as there.
const CONCURRENCIES: RangeInclusive<u16> = 1..=64;
/// How many connections to a node may be kept. As many at once wait to be accepted under any Linux:
/// `net.core.somaxconn` was 128 before it became more (listen(2)).
const CONNECTIONS: RangeInclusive<u16> = 1..=128;

/// Says how nodes are asked beside the traffic.
///
/// A node that is down is asked when its [wait](crate::health::Thresholds::waits) is over: by default after
/// a quarter of a second, and then in intervals that double up to 8 s. One probe at a time asks it.
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

    /// Sets how many nodes are asked at once; by default 4.
    ///
    /// # Errors
    ///
    /// [`ProbingError`] if it is zero or above 64.
    pub fn concurrency(mut self, concurrency: u16) -> Result<Self, ProbingError> {
        let wanted = "between 1 and 64";
        self.concurrency = count("concurrency", concurrency, CONCURRENCIES, wanted)?.into();
        Ok(self)
    }

    /// Keeps `connections` to each node open ahead of the traffic, also while no request is sent.
    ///
    /// So many probes are sent to a node at the same time, when it becomes known or is back, and then again
    /// `every` so often or up to a tenth sooner. That should be less than the client's idle timeout: each
    /// probe needs a connection of its own, and leaves it in the client's pool. (Of a client that
    /// multiplexes, such as one of HTTP/2, one connection serves them all.) What they show of the node is
    /// not counted; a node that is down is not kept warm.
    ///
    /// # Errors
    ///
    /// [`ProbingError`] if `connections` is zero or above 128, or `every` is zero.
    pub fn keep_warm(mut self, connections: u16, every: Duration) -> Result<Self, ProbingError> {
        let wanted = "between 1 and 128";
        self.warm = Some(Warm {
            connections: count("connections", connections, CONNECTIONS, wanted)?,
            every: positive("every", every)?,
        });
        Ok(self)
    }
}

fn count(
    field: &'static str,
    value: u16,
    range: RangeInclusive<u16>,
    wanted: &'static str,
) -> Result<u16, ProbingError> {
    if !range.contains(&value) {
        return Err(ProbingError {
            field,
            value: value.to_string(),
            wanted,
        });
    }
    Ok(value)
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
    pub(super) field: &'static str,
    pub(super) value: String,
    pub(super) wanted: &'static str,
}

impl ProbingError {
    /// Returns the name of the setting.
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
