//! One line of what was measured.

use std::io::{self, Write};

use serde::Serialize;

use crate::stats::Summary;

/// One operation, at one size.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Row {
    pub(super) what: String,
    /// How many nodes are chosen from, if any are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) nodes: Option<usize>,
    /// How large a body is, on average.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) bytes: Option<f64>,
    pub(super) ns: Summary,
    /// At the median.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) gbps: Option<f64>,
    /// Per operation.
    pub(super) allocations: f64,
}

/// Prints the rows of all parts.
pub(super) fn print(parts: &[&[Row]]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "{:<28}{:>7}{:>9}{:>11}{:>11}{:>11}{:>8}{:>12}",
        "", "nodes", "bytes", "ns, median", "p10", "p90", "GB/s", "allocations"
    )?;
    for row in parts.iter().copied().flatten() {
        writeln!(
            out,
            "{:<28}{:>7}{:>9}{:>11.1}{:>11.1}{:>11.1}{:>8}{:>12.2}",
            row.what,
            row.nodes.map_or(String::new(), |nodes| nodes.to_string()),
            row.bytes
                .map_or(String::new(), |bytes| format!("{bytes:.0}")),
            row.ns.median,
            row.ns.p10,
            row.ns.p90,
            row.gbps.map_or(String::new(), |gbps| format!("{gbps:.2}")),
            row.allocations,
        )?;
    }
    writeln!(out)
}
