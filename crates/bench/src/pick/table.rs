//! The table for people: subjects as rows, sizes as columns.

use std::io::{self, Write};

use super::sizes::Size;

pub(super) fn print(sizes: &[Size]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let Some(first) = sizes.first() else {
        return Ok(());
    };
    write!(out, "{:<32}{:<20}{:>7}", "ns, median", "", "threads")?;
    for size in sizes {
        write!(out, "{:>10}", size.nodes)?;
    }
    writeln!(out)?;
    for (index, row) in first.rows.iter().enumerate() {
        let part = row.part.name();
        write!(out, "{:<32}{part:<20}{:>7}", row.subject, row.threads)?;
        // Every size has the same rows.
        for row in sizes.iter().filter_map(|size| size.rows.get(index)) {
            write!(out, "{:>10.1}", row.ns.median)?;
        }
        writeln!(out)?;
    }
    writeln!(out)
}
