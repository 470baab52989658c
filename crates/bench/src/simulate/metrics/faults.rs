//! How a fault was met, and how it was got over.

use serde::Serialize;

use crate::simulate::{
    condition::Span,
    events::Nanos,
    log::{Log, Sent},
    world::{World, rack_of_client, rack_of_server},
};

/// What became of a fault. Times are in seconds; what never came to be has none.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Faults {
    /// How many requests the sick servers were sent before they got less than 1 % in a window of 100 ms.
    pub(crate) detection_requests: usize,
    /// When that window began.
    pub(crate) detection_seconds: Option<f64>,
    /// What the sick servers got from one second into the fault to its end, in percent.
    pub(crate) sick_percent_later: f64,
    /// When the first second began, after the end, in which the sick servers got 90 % of what is fair.
    pub(crate) back_seconds: Option<f64>,
    /// What they got in the 30 s after the end, in units of what is fair.
    pub(crate) share_after: f64,
    /// When the first second began, after the end, of whose calls 99 % were answered.
    pub(crate) success_seconds: Option<f64>,
    /// When the first second began, after the end, in which 99 % of what the clients of the first rack
    /// sent stayed at home.
    pub(crate) home_seconds: Option<f64>,
    /// Attempts for each call while it lasted.
    pub(crate) attempts_per_call: f64,
    /// The same in the worst ten seconds, without the 10 a second that each client has besides.
    pub(crate) attempts_per_call_at_worst: f64,
}

const SECOND: Nanos = 1_000_000_000;

impl Faults {
    pub(crate) fn of(log: &Log, world: &World, fault: Span, clients: usize) -> Self {
        let servers = world.servers.len();
        let is_sick = |sent: &Sent| world.sick.contains(&(sent.server as usize));
        let sick: Vec<_> = log.sent.iter().map(|s| (s.at, is_sick(s))).collect();
        let answered: Vec<_> = log
            .calls
            .iter()
            .map(|call| (call.begun, call.took.is_some()))
            .collect();
        let home: Vec<_> = log
            .sent
            .iter()
            .filter(|sent| rack_of_client(sent.client as usize) == 0)
            .map(|sent| (sent.at, rack_of_server(sent.server as usize, servers) == 0))
            .collect();
        let fair = world.sick.len() as f64 / servers as f64;
        let detection = first_window(&sick, fault.from, SECOND / 10, |share| share < 0.01);
        let after = |points: &[(Nanos, bool)], enough: f64| {
            let window = first_window(points, fault.until, SECOND, |share| share >= enough);
            window.map(|window| window.begins)
        };
        let later = Span {
            from: fault.from + SECOND,
            until: fault.until.min(world.end),
        };
        let soon = Span {
            from: fault.until,
            until: fault.until.saturating_add(30 * SECOND),
        };
        let all = hits(&sick, fault.from, world.end).0;
        Self {
            detection_requests: detection.as_ref().map_or(all, |window| window.hits),
            detection_seconds: detection.map(|window| window.begins),
            sick_percent_later: 100.0 * share(&sick, later),
            back_seconds: after(&sick, 0.9 * fair),
            share_after: share(&sick, soon) / fair,
            success_seconds: after(&answered, 0.99),
            home_seconds: after(&home, 0.99),
            attempts_per_call: ratio(&sick, &answered, fault),
            attempts_per_call_at_worst: worst(&sick, &answered, fault, clients),
        }
    }
}

/// The part of `points`, which are in the order of time, from one moment until another.
fn between(points: &[(Nanos, bool)], from: Nanos, until: Nanos) -> &[(Nanos, bool)] {
    let begin = points.partition_point(|point| point.0 < from);
    let end = points.partition_point(|point| point.0 < until);
    &points[begin..end.max(begin)]
}

/// How many points there are with a hit, and how many at all.
fn hits(points: &[(Nanos, bool)], from: Nanos, until: Nanos) -> (usize, usize) {
    let points = between(points, from, until);
    (points.iter().filter(|point| point.1).count(), points.len())
}

fn share(points: &[(Nanos, bool)], span: Span) -> f64 {
    let (hits, all) = hits(points, span.from, span.until);
    hits as f64 / all.max(1) as f64
}

fn ratio(sent: &[(Nanos, bool)], calls: &[(Nanos, bool)], span: Span) -> f64 {
    let count = |points| between(points, span.from, span.until).len() as f64;
    count(sent) / count(calls).max(1.0)
}

fn worst(sent: &[(Nanos, bool)], calls: &[(Nanos, bool)], fault: Span, clients: usize) -> f64 {
    const WINDOW: Nanos = 10 * SECOND;
    let reserve = 10.0 * 10.0 * clients as f64;
    let starts = (fault.from..).step_by((SECOND / 10) as usize);
    starts
        .take_while(|from| from + WINDOW <= fault.until)
        .map(|from| {
            let count = |points| between(points, from, from + WINDOW).len() as f64;
            (count(sent) - reserve) / count(calls).max(1.0)
        })
        .fold(0.0, f64::max)
}

struct Window {
    /// Seconds after the moment from which it was looked for.
    begins: f64,
    /// Hits from that moment to the window's end.
    hits: usize,
}

/// The first window of a width in which the share of hits is as wanted.
fn first_window(
    points: &[(Nanos, bool)],
    from: Nanos,
    width: Nanos,
    wanted: impl Fn(f64) -> bool,
) -> Option<Window> {
    let points = between(points, from, Nanos::MAX);
    let (mut oldest, mut inside, mut hits) = (0, 0, 0);
    for (place, &(at, hit)) in points.iter().enumerate() {
        inside += usize::from(hit);
        hits += usize::from(hit);
        while points[oldest].0 + width < at {
            inside -= usize::from(points[oldest].1);
            oldest += 1;
        }
        let share = inside as f64 / (place + 1 - oldest) as f64;
        if at >= from + width && wanted(share) {
            let begins = (at - width - from) as f64 / 1e9;
            return Some(Window { begins, hits });
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_window_begins_when_the_hits_are_over() {
        // A point each millisecond; the first ten are hits.
        let points: Vec<_> = (0..1_000)
            .map(|ms| (ms * 1_000_000, (500..510).contains(&ms)))
            .collect();
        let from = 500_000_000;
        let window = first_window(&points, from, SECOND / 10, |share| share < 0.01);
        let window = window.expect("most are no hits");
        assert_eq!(window.hits, 10);
        assert!((window.begins - 0.01).abs() < 0.002, "{}", window.begins);
        assert!(
            first_window(&points, from, SECOND, |_| true).is_none(),
            "too short"
        );
    }

    #[test]
    fn the_worst_window_is_counted_without_the_reserve() {
        let every = |step: u64| -> Vec<_> {
            (0..20 * SECOND)
                .step_by(step as usize)
                .map(|at| (at, true))
                .collect()
        };
        let (calls, sent) = (every(1_000_000), every(500_000));
        let fault = Span::new(2.0, 15.0);
        let worst = worst(&sent, &calls, fault, 1);
        assert!((worst - 1.99).abs() < 0.001, "{worst}");
        assert!((ratio(&sent, &calls, fault) - 2.0).abs() < 0.001);
    }
}
