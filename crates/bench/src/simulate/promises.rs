//! The figures, and the bounds that they are held to.

use super::{
    client::Method,
    judge::{Pool, Spec},
    metrics::{Faults, Summary},
    runs::Case,
    scenarios::least_cross_percent,
};
use crate::figures::Better;

/// A time that never came, in seconds: longer than any run.
const NEVER: f64 = 999.0;

/// All figures, in the order in which they are printed; `fleets` are the numbers of clients asked for.
pub(crate) fn all(fleets: &[usize]) -> Vec<Spec> {
    let mut all = spread(fleets);
    all.extend(speed(fleets));
    all.extend(failures());
    all.extend(amplification());
    all.extend(racks());
    all
}

fn cases(scenarios: &[&'static str], clients: &[usize]) -> Vec<Case> {
    let of = |&scenario: &&'static str| {
        clients.iter().map(move |&clients| Case {
            scenario,
            method: Method::Ours,
            clients,
        })
    };
    scenarios.iter().flat_map(of).collect()
}

fn in_rack(scenario: &'static str, clients: usize) -> Vec<Case> {
    vec![Case {
        scenario,
        method: Method::OursInRack,
        clients,
    }]
}

/// A figure that should be small, the median of its seeds.
fn low(
    id: &'static str,
    unit: &'static str,
    bound: f64,
    cases: Vec<Case>,
    value: fn(&Summary, &Summary) -> f64,
) -> Spec {
    Spec {
        id,
        unit,
        bound,
        better: Better::Lower,
        pool: Pool::Median,
        cases,
        beside: Vec::new(),
        against: None,
        value,
    }
}

impl Spec {
    fn against(self, scenario: &'static str) -> Self {
        Self {
            against: Some(scenario),
            ..self
        }
    }

    fn beside(self, beside: Vec<Case>) -> Self {
        Self { beside, ..self }
    }

    fn in_sum(self) -> Self {
        Self {
            pool: Pool::Sum,
            ..self
        }
    }
}

fn fault(summary: &Summary, value: impl Fn(&Faults) -> f64) -> f64 {
    summary.faults.as_ref().map_or(f64::NAN, value)
}

fn p99_ratio(run: &Summary, base: &Summary) -> f64 {
    run.latency.p99 / base.latency.p99
}

fn p999_ratio(run: &Summary, base: &Summary) -> f64 {
    run.latency.p999 / base.latency.p999
}

fn p999(run: &Summary, _: &Summary) -> f64 {
    run.latency.p999
}

fn errors(run: &Summary, _: &Summary) -> f64 {
    run.errors as f64
}

fn spread(fleets: &[usize]) -> Vec<Spec> {
    let imbalance = |run: &Summary, _: &Summary| run.shares.imbalance;
    let share_after = |run: &Summary, _: &Summary| fault(run, |faults| faults.share_after);
    let many: Vec<_> = fleets.iter().copied().filter(|&many| many != 1).collect();
    vec![
        low(
            "sim.healthy.imbalance",
            "max/mean",
            1.03,
            cases(&["S1"], &[1]),
            imbalance,
        )
        .beside(cases(&["S1"], &many)),
        Spec {
            better: Better::Higher,
            ..low(
                "sim.hiccup.share",
                "of fair",
                0.9,
                cases(&["S7"], &[1]),
                share_after,
            )
            .beside(cases(&["S7"], &many))
        },
    ]
}

fn speed(fleets: &[usize]) -> Vec<Spec> {
    let (one, slow) = (&[1], cases(&["S3"], fleets));
    let hedged = cases(&["S3-hedged"], one);
    vec![
        low("sim.slow10.p99", "x healthy", 1.12, slow.clone(), p99_ratio).against("S1"),
        low("sim.slow10.p999", "x healthy", 1.36, slow, p999_ratio).against("S1"),
        low(
            "sim.slow10.hedged.p999",
            "x healthy",
            0.68,
            hedged,
            p999_ratio,
        )
        .against("S1"),
        low("sim.pauses.p999", "ms", 60.0, cases(&["S6"], one), p999),
        low(
            "sim.pauses.hedged.p999",
            "ms",
            25.0,
            cases(&["S6-hedged"], one),
            p999,
        ),
    ]
}

fn failures() -> Vec<Spec> {
    let few = &[1, 20];
    let holes = cases(&["S5-5xx", "S5-refused"], few);
    let throttled = cases(&["S5-429"], few);
    let later = |run: &Summary, _: &Summary| fault(run, |faults| faults.sick_percent_later);
    vec![
        low(
            "sim.blackhole.failures",
            "per client",
            3.0,
            holes.clone(),
            |run, _| run.errors_per_client,
        )
        .beside(throttled.clone()),
        low("sim.blackhole.share", "%", 0.5, holes, later).beside(throttled),
        low(
            "sim.kill.failures",
            "calls",
            0.0,
            cases(&["S8"], few),
            errors,
        )
        .in_sum(),
        low(
            "sim.rolling.failures",
            "calls",
            0.0,
            cases(&["S9"], few),
            errors,
        )
        .in_sum()
        .beside(cases(&["S9-drained"], few)),
        low(
            "sim.rack.failures",
            "calls",
            0.0,
            cases(&["S10"], &[3, 21]),
            errors,
        )
        .in_sum(),
    ]
}

fn amplification() -> Vec<Spec> {
    let in_fault = |run: &Summary, _: &Summary| fault(run, |faults| faults.attempts_per_call);
    let worst = |run: &Summary, _: &Summary| fault(run, |faults| faults.attempts_per_call_at_worst);
    let all = |run: &Summary, _: &Summary| run.attempts_per_call;
    let hedged = cases(&["S1-hedged", "S3-hedged"], &[1]);
    vec![
        low(
            "sim.amplification.dead",
            "attempts/call",
            1.01,
            cases(&["S8"], &[1, 20]),
            in_fault,
        ),
        low(
            "sim.amplification.hedged",
            "attempts/call",
            1.05,
            hedged,
            all,
        ),
        low(
            "sim.amplification.outage",
            "attempts/call",
            1.1,
            cases(&["S14"], &[1]),
            worst,
        ),
    ]
}

fn racks() -> Vec<Spec> {
    let cross = |run: &Summary, _: &Summary| run.shares.cross_percent;
    let surplus = |run: &Summary, _: &Summary| run.shares.cross_percent - least_cross_percent();
    let home =
        |run: &Summary, _: &Summary| fault(run, |faults| faults.home_seconds.unwrap_or(NEVER));
    let detection =
        |run: &Summary, _: &Summary| fault(run, |faults| faults.detection_requests as f64);
    let more = |scenario| [in_rack(scenario, 21), in_rack(scenario, 102)].concat();
    vec![
        low("sim.rack.cross", "%", 1.0, in_rack("S12-even", 3), cross).beside(more("S12-even")),
        low(
            "sim.rack.surplus",
            "points",
            5.0,
            in_rack("S12", 3),
            surplus,
        )
        .beside(more("S12")),
        low("sim.rack.home", "s", 10.0, in_rack("S10", 3), home).beside(more("S10")),
        low(
            "sim.detect.hang.requests",
            "requests",
            16.0,
            cases(&["S11-hang"], &[1]),
            detection,
        )
        .beside(cases(&["S11-hang-1k"], &[1])),
    ]
}
