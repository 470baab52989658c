//! Each scenario as a table for people: a row for each method.

use std::io::{self, Write};

use super::{
    FIRST_SEED,
    metrics::{Faults, Summary},
    runs::{Case, Results},
    scenarios::Scenario,
};

/// Prints the rows of one scenario, of one seed.
///
/// `found` is after how many seconds and requests a fault was found, `back` after how many more its nodes
/// had their share again, and `well` after how many calls were answered again.
pub(crate) fn print(
    out: &mut impl Write,
    scenario: &Scenario,
    rows: Vec<Case>,
    results: &Results,
) -> io::Result<()> {
    writeln!(out, "\n{}: {}", scenario.id, scenario.what)?;
    write!(
        out,
        "  {:>4} {:<24} {:>9} {:>9} {:>9} {:>9} {:>8} {:>8} {:>8} {:>7} {:>7}",
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
    let has_keys = (scenario.world)(3, FIRST_SEED).keys.is_some();
    if has_keys {
        write!(out, " {:>7}", "home %")?;
    }
    let rows = rows
        .into_iter()
        .filter_map(|case| Some((case, results.of(case, FIRST_SEED)?)));
    let rows: Vec<_> = rows.collect();
    if rows.iter().any(|(_, summary)| summary.faults.is_some()) {
        let (found, back, well) = ("found s", "back s", "well s");
        write!(out, " {found:>8} {:>7} {back:>7} {well:>7}", "found #")?;
    }
    writeln!(out)?;
    for (case, summary) in rows {
        row(out, case, summary)?;
        if has_keys {
            write!(out, " {:>7.2}", summary.shares.home_percent)?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn row(out: &mut impl Write, case: Case, summary: &Summary) -> io::Result<()> {
    let Summary {
        latency, shares, ..
    } = summary;
    write!(
        out,
        "  {:>4} {:<24} {:>9.2} {:>9.2} {:>9.2} {:>9.2} {:>8.4} {:>8.4} {:>8.3} {:>7.3} {:>7.2}",
        case.clients,
        case.method.name(),
        latency.p50,
        latency.p99,
        latency.p999,
        latency.max,
        summary.error_percent(),
        summary.attempts_per_call,
        shares.imbalance,
        shares.sick_percent,
        shares.cross_percent,
    )?;
    if let Some(faults) = &summary.faults {
        let Faults {
            detection_seconds,
            detection_requests,
            back_seconds,
            success_seconds,
            ..
        } = faults;
        write!(
            out,
            " {:>8} {detection_requests:>7} {:>7} {:>7}",
            seconds(*detection_seconds),
            seconds(*back_seconds),
            seconds(*success_seconds),
        )?;
    }
    Ok(())
}

fn seconds(seconds: Option<f64>) -> String {
    seconds.map_or_else(|| "-".to_owned(), |seconds| format!("{seconds:.3}"))
}
