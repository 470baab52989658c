//! How long calls took.

use serde::Serialize;

use crate::simulate::events::{Nanos, millis};

/// Percentiles of the calls that were answered, in milliseconds.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Latency {
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    pub(crate) p999: f64,
    pub(crate) max: f64,
    /// How many took longer than a second.
    #[serde(skip)]
    pub(crate) over_a_second: usize,
    #[serde(skip)]
    pub(crate) curve: Curve,
}

/// A whole distribution: how many nines, and the milliseconds there.
pub(crate) type Curve = Vec<(f64, f64)>;

/// How far a distribution is drawn: five nines, in steps of a twentieth.
const NINES: u32 = 5;
const STEPS: u32 = 20;

impl Latency {
    pub(crate) fn of(mut took: Vec<Nanos>) -> Self {
        took.sort_unstable();
        let at = |quantile: f64| {
            let place = (took.len() as f64 * quantile) as usize;
            took.get(place.min(took.len().saturating_sub(1)))
                .map_or(f64::NAN, |&nanos| millis(nanos))
        };
        let nines = (0..=NINES * STEPS).map(|step| f64::from(step) / f64::from(STEPS));
        Self {
            p50: at(0.5),
            p99: at(0.99),
            p999: at(0.999),
            max: at(1.0),
            over_a_second: took.len() - took.partition_point(|&nanos| nanos <= 1_000_000_000),
            curve: nines
                .map(|nines| (nines, at(1.0 - 10_f64.powf(-nines))))
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_calls_in_order() {
        let latency = Latency::of((1..=1_000).rev().map(|ms| ms * 1_000_000).collect());
        assert_eq!(
            (latency.p50, latency.p99, latency.p999, latency.max),
            (501.0, 991.0, 1_000.0, 1_000.0)
        );
        assert_eq!(latency.over_a_second, 0);
    }
}
