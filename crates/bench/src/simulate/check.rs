//! Whether the simulator can be believed: it must find again what others have measured.

use tower_muster::BoxError;

use super::{
    client::Method,
    condition::{Condition, Span},
    events::nanos,
    runs::summarize,
    workload::{Rate, Service},
    world::World,
};

/// linkerd measured which share of the requests took less than a second, of eleven servers of which one
/// took two seconds for half of the time: 95 % with round robin, 99 % with least loaded, 99.9 % with peak
/// EWMA (<https://linkerd.io/2016/03/16/beyond-round-robin-load-balancing-for-latency/>).
const PUBLISHED: [(Method, f64, f64); 3] = [
    (Method::RoundRobin, 95.0, 0.5),
    (Method::Pending, 99.0, 0.5),
    (Method::PeakEwma, 99.9, 0.1),
];

/// One run of 60 s wavers by a tenth of a percent.
const SEEDS: u64 = 5;

/// What was found, as lines of text.
///
/// # Errors
///
/// If one of them is too far from what was published.
pub(crate) fn check() -> Result<Vec<String>, BoxError> {
    PUBLISHED
        .iter()
        .map(|&(method, published, allowed)| {
            let found = percent_within_a_second(method)?;
            let line = format!(
                "{}: {found:.2} % within a second, published {published} %",
                method.name()
            );
            if (found - published).abs() <= allowed {
                Ok(line)
            } else {
                Err(format!("the simulator cannot be believed: {line}").into())
            }
        })
        .collect()
}

fn percent_within_a_second(method: Method) -> Result<f64, BoxError> {
    let (mut calls, mut over) = (0, 0);
    for seed in 1..=SEEDS {
        let summary = summarize(&world(), method, 1, seed)?;
        calls += summary.calls;
        over += summary.latency.over_a_second;
    }
    Ok(100.0 * (1.0 - over as f64 / calls as f64))
}

fn world() -> World {
    let fault = Span::new(15.0, 45.0);
    let slow = Condition {
        constant: Some((fault, nanos(2.0))),
        ..Condition::default()
    };
    World {
        // No queues: every request is worked on at once.
        workers: usize::MAX,
        service: Service::new(0.167, 0.3),
        ..World::sound(11, 0.0)
    }
    .at_rate(Rate::constant(1_000.0))
    .lasting(60.0, 0.0)
    .ailing([0], fault, &slow)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_linkerd_published_is_found_again() {
        let lines = check().unwrap();
        assert_eq!(lines.len(), PUBLISHED.len());
    }
}
