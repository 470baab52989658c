//! How long calls took.

use std::time::Duration;

use serde::Serialize;

/// Quantiles in milliseconds; each is the time of one call.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Latency {
    pub(crate) calls: usize,
    pub(crate) p50: f64,
    pub(crate) p90: f64,
    pub(crate) p99: f64,
    pub(crate) max: f64,
}

impl Latency {
    /// Sums up the times of calls, of which there must be at least one.
    pub(crate) fn of(mut times: Vec<Duration>) -> Option<Self> {
        times.sort_unstable();
        let last = times.len().checked_sub(1)?;
        // The least time that so many percent of the calls did not exceed.
        let at = |percent: usize| {
            let rank = (times.len() * percent).div_ceil(100).saturating_sub(1);
            times[rank.min(last)].as_secs_f64() * 1e3
        };
        Some(Self {
            calls: times.len(),
            p50: at(50),
            p90: at(90),
            p99: at(99),
            max: at(100),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_the_time_of_a_call() {
        let times: Vec<_> = (1..=200).rev().map(Duration::from_millis).collect();
        let latency = Latency::of(times).expect("calls");
        assert_eq!((latency.p50, latency.p90), (100.0, 180.0));
        assert_eq!((latency.p99, latency.max), (198.0, 200.0));
    }

    #[test]
    fn one_call_is_all_quantiles_and_no_call_is_none() {
        let latency = Latency::of(vec![Duration::from_millis(7)]).expect("a call");
        assert_eq!((latency.p50, latency.p99, latency.max), (7.0, 7.0, 7.0));
        assert_eq!(Latency::of(Vec::new()), None);
    }
}
