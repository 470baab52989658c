//! The table for people: a line for each pair and load.

use std::io::{self, Write};

use super::{allocations::Allocations, reconnects::Reconnects, rows::Row};

pub(super) fn print(rows: &[Row]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "{:<24}{:>7}{:>12}{:>12}{:>9}{:>9}{:>9}",
        "microseconds per call", "tasks", "bare", "ours", "ratio", "p10", "p90"
    )?;
    for Row { pair, compared, .. } in rows {
        let ratio = compared.ratio;
        writeln!(
            out,
            "{pair:<24}{:>7}{:>12.2}{:>12.2}{:>9.3}{:>9.3}{:>9.3}",
            compared.tasks,
            compared.bare_us.median,
            compared.ours_us.median,
            ratio.median,
            ratio.p10,
            ratio.p90
        )?;
    }
    writeln!(out)
}

pub(super) fn print_counts(allocations: &Allocations, reconnects: &Reconnects) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let Allocations { bare, ours, .. } = allocations;
    writeln!(
        out,
        "allocations per call with the real client: {bare:.2} bare, {ours:.2} with the stack"
    )?;
    let Reconnects {
        calls,
        warming_up,
        ours,
        bare,
        bare_warming_up,
    } = reconnects;
    writeln!(
        out,
        "connections in each {calls} calls: {warming_up:?} while warming up, then {ours}; bare \
         {bare_warming_up:?}, then {bare}\n"
    )
}
