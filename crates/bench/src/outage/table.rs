//! The table for people: a line for each phase.

use std::io::{self, Write};

use super::{
    control::Control,
    rounds::{FIRST, Outage},
    updates::Updates,
};
use crate::live::latency::Latency;

pub(super) fn print(outage: &Outage, updates: &Updates, control: &Control) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "{:<20}{:>9}{:>9}{:>9}{:>9}{:>9}{:>10}{:>14}{:>8}{:>12}",
        "milliseconds",
        "calls",
        "p50",
        "p90",
        "p99",
        "max",
        "attempts",
        "to the victim",
        "ratio",
        "back after"
    )?;
    for (nth, round) in outage.rounds.iter().enumerate() {
        for (name, phase) in [("healthy", &round.healthy), ("outage", &round.outage)] {
            latency(&mut out, &format!("{} {name}", nth + 1), &phase.latency)?;
            let share = 100.0 * phase.share_of_the_victim;
            write!(out, "{:>10.4}{share:>12.2} %", phase.attempts_per_call)?;
            if name == "outage" {
                write!(out, "{:>8.2}{:>12.0}", round.ratio, round.used_again_after)?;
            }
            writeln!(out)?;
        }
    }
    latency(&mut out, "all, healthy", &outage.healthy)?;
    writeln!(out)?;
    latency(&mut out, "all, outage", &outage.outage)?;
    writeln!(out)?;
    let first = format!("  its first {} ms", FIRST.as_millis());
    latency(&mut out, &first, &outage.first)?;
    writeln!(out)?;
    latency(&mut out, "all, beside", &outage.beside)?;
    writeln!(out)?;
    latency(&mut out, "SDK alone, healthy", &control.healthy)?;
    writeln!(out)?;
    latency(&mut out, "SDK alone, outage", &control.outage)?;
    writeln!(out, ", {} failed", control.failed)?;
    let Updates {
        succeeded,
        in_doubt,
        refused,
        applied,
        ..
    } = updates;
    writeln!(
        out,
        "\nupdates apart: {succeeded} succeeded, {in_doubt} in doubt, {refused} refused, {applied} applied"
    )?;
    for failure in &outage.failures {
        writeln!(out, "  {failure}")?;
    }
    writeln!(out)
}

fn latency(out: &mut impl Write, name: &str, latency: &Latency) -> io::Result<()> {
    let Latency {
        calls,
        p50,
        p90,
        p99,
        max,
    } = latency;
    write!(
        out,
        "{name:<20}{calls:>9}{p50:>9.3}{p90:>9.3}{p99:>9.3}{max:>9.3}"
    )
}
