//! Each scenario as a table for people: a row for each method.

use std::io::{self, Write};

use super::{
    client::Method,
    judge::median,
    metrics::Summary,
    runs::{Case, Results},
    scenarios::Scenario,
};

/// Prints the rows of one scenario.
pub(crate) fn print(
    out: &mut impl Write,
    scenario: &Scenario,
    clients: &[usize],
    results: &Results,
    seeds: u64,
) -> io::Result<()> {
    writeln!(out, "\n{}: {}", scenario.id, scenario.what)?;
    writeln!(
        out,
        "  {:>4} {:<24} {:>9} {:>9} {:>10} {:>10} {:>9} {:>8} {:>9} {:>7} {:>7}",
        "M",
        "policy",
        "p50 ms",
        "p99 ms",
        "p99.9 ms",
        "max ms",
        "errors %",
        "attempts",
        "max/mean",
        "sick %",
        "cross %"
    )?;
    for &clients in clients {
        for &method in scenario.methods {
            row(out, scenario.id, method, clients, results, seeds)?;
        }
    }
    Ok(())
}

fn row(
    out: &mut impl Write,
    scenario: &'static str,
    method: Method,
    clients: usize,
    results: &Results,
    seeds: u64,
) -> io::Result<()> {
    let case = Case {
        scenario,
        method,
        clients,
    };
    let runs: Vec<_> = (1..=seeds)
        .filter_map(|seed| results.of(case, seed))
        .collect();
    if runs.is_empty() {
        return Ok(());
    }
    let of = |value: fn(&Summary) -> f64| {
        median(&runs.iter().map(|run| value(run)).collect::<Vec<_>>())
    };
    writeln!(
        out,
        "  {clients:>4} {:<24} {:>9.2} {:>9.2} {:>10.2} {:>10.2} {:>9.4} {:>8.4} {:>9.3} {:>7.3} {:>7.2}",
        method.name(),
        of(|run| run.latency.p50),
        of(|run| run.latency.p99),
        of(|run| run.latency.p999),
        of(|run| run.latency.max),
        of(Summary::error_percent),
        of(|run| run.attempts_per_call),
        of(|run| run.shares.imbalance),
        of(|run| run.shares.sick_percent),
        of(|run| run.shares.cross_percent),
    )
}
