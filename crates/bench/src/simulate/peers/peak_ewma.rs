//! The better of two by latency that is quick to rise and slow to fall.

use fastrand::Rng;

use super::{Balancer, two};
use crate::simulate::{client::End, events::Nanos, server::Server};

/// What a server is thought to take of which nothing is known, in seconds.
const DEFAULT_RTT: f64 = 0.03;
/// How fast the past fades, in seconds.
const DECAY: f64 = 10.0;
/// What linkerd takes a failure for, in seconds.
const PENALTY: f64 = 5.0;

/// What `tower::balance::p2c` does with `tower::load::PeakEwma` of tower 0.5: an estimate goes up with
/// each peak at once and fades with each look; it costs as many times as requests are in flight.
///
/// An answer is an answer, good or bad, and so is a request that its caller gave up. With a penalty
/// failures count as very slow answers, as in linkerd's proxy since 2026.
#[derive(Debug)]
pub(crate) struct PeakEwma {
    estimates: Vec<Estimate>,
    penalty: Option<f64>,
    chance: Rng,
}

#[derive(Debug, Clone)]
struct Estimate {
    seconds: f64,
    at: Nanos,
    in_flight: u32,
}

impl PeakEwma {
    pub(crate) fn new(servers: usize, chance: Rng) -> Self {
        let unknown = Estimate {
            seconds: DEFAULT_RTT,
            at: 0,
            in_flight: 0,
        };
        Self {
            estimates: vec![unknown; servers],
            penalty: None,
            chance,
        }
    }

    pub(crate) fn penalized(servers: usize, chance: Rng) -> Self {
        Self {
            penalty: Some(PENALTY),
            ..Self::new(servers, chance)
        }
    }
}

impl Estimate {
    fn update(&mut self, seconds: f64, now: Nanos) {
        if self.seconds < seconds {
            self.seconds = seconds;
        } else {
            let since = (now - self.at) as f64 / 1e9;
            let old = (-since / DECAY).exp();
            self.seconds = self.seconds * old + seconds * (1.0 - old);
        }
        self.at = now;
    }

    fn cost(&mut self, now: Nanos) -> f64 {
        self.update(0.0, now);
        self.seconds * f64::from(self.in_flight + 1)
    }
}

impl Balancer for PeakEwma {
    fn pick(&mut self, now: Nanos, tried: &[usize], _servers: &[Server]) -> Option<usize> {
        let (one, other) = two(self.estimates.len(), tried, &mut self.chance)?;
        let one_is_better = self.estimates[one].cost(now) <= self.estimates[other].cost(now);
        Some(if one_is_better { one } else { other })
    }

    fn begin(&mut self, server: usize) {
        self.estimates[server].in_flight += 1;
    }

    fn end(&mut self, server: usize, took: Nanos, now: Nanos, end: End) {
        let estimate = &mut self.estimates[server];
        estimate.in_flight -= 1;
        let took = took as f64 / 1e9;
        let counts = match (self.penalty, end) {
            (Some(penalty), End::Failed(_) | End::TimedOut) => took.max(penalty),
            _ => took,
        };
        estimate.update(counts, now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::condition::Failure;

    #[test]
    fn an_estimate_rises_at_once_and_fades_with_time() {
        let mut ewma = PeakEwma::new(1, Rng::with_seed(1));
        ewma.begin(0);
        ewma.end(0, 1_000_000_000, 0, End::Served);
        assert_eq!(ewma.estimates[0].cost(0), 1.0);
        let later = ewma.estimates[0].cost(10_000_000_000);
        assert!((later - (-1.0_f64).exp()).abs() < 1e-9, "{later}");
    }

    #[test]
    fn only_with_a_penalty_a_fast_failure_is_no_good_answer() {
        let cost = |mut ewma: PeakEwma| {
            ewma.begin(0);
            ewma.end(0, 500_000, 0, End::Failed(Failure::Ambiguous));
            ewma.estimates[0].cost(0)
        };
        assert_eq!(cost(PeakEwma::new(1, Rng::with_seed(1))), DEFAULT_RTT);
        assert_eq!(cost(PeakEwma::penalized(1, Rng::with_seed(1))), PENALTY);
    }
}
