//! What it costs to find the node of a key: the choice, the scan of a body, and a whole batch.

mod allocations;
mod batch;
mod bodies;
mod preferred;
mod rounds;
mod rows;
mod scan;

use std::error::Error;

use serde_json::{Value, json};
use tower_muster::BoxError;

use self::rows::Row;
use crate::figures::{Better, Figure, Report};

/// What the benchmark of affinity may be told.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Prints one JSON object instead of a table.
    #[arg(long)]
    json: bool,
}

/// All that was measured; the first row of each is the one that the figure is of.
struct Measured {
    preferred: Vec<Row>,
    scan: Vec<Row>,
    batch: Vec<Row>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    measure_and_print(arguments).map_err(|error| -> Box<dyn Error> { error })
}

fn measure_and_print(arguments: &Arguments) -> Result<(), BoxError> {
    let measured = Measured {
        preferred: preferred::measure()?,
        scan: scan::measure()?,
        batch: batch::measure()?,
    };
    let report = Report {
        command: "affinity",
        figures: figures(&measured)?,
        detail: detail(&measured),
    };
    if arguments.json {
        return Ok(report.print_json()?);
    }
    rows::print(&[&measured.preferred, &measured.scan, &measured.batch])?;
    Ok(report.print_table()?)
}

fn figures(measured: &Measured) -> Result<Vec<Figure>, BoxError> {
    let first = |rows: &[Row]| rows.first().cloned().ok_or("nothing was measured");
    let preferred = first(&measured.preferred)?;
    let scan = first(&measured.scan)?;
    let batch = first(&measured.batch)?;
    let gbps = scan.gbps.ok_or("the scan has no size")?;
    let us = batch.ns.median / 1e3;
    let id = |name: &str| format!("affinity.{name}");
    Ok(vec![
        Figure::new(
            id("preferred.ns"),
            preferred.ns.median,
            "ns",
            150.0,
            Better::Lower,
        ),
        Figure::new(
            id("allocations"),
            preferred.allocations,
            "per choice",
            0.0,
            Better::Lower,
        ),
        Figure::new(id("scan.gbps"), gbps, "GB/s", 1.0, Better::Higher),
        Figure::new(id("batch25.us"), us, "us", 10.0, Better::Lower),
    ])
}

/// What stands behind the figures.
fn detail(measured: &Measured) -> Value {
    json!({
        "aims": { "preferred_ns": 60, "scan_gbps": 2.0, "batch25_us": 4 },
        "rounds": rounds::ROUNDS,
        "round_ms": rounds::ROUND.as_millis(),
        "preferred": measured.preferred,
        "scan": measured.scan,
        "batch25": measured.batch,
        "notes": NOTES,
    })
}

/// How it was measured.
const NOTES: &[&str] = &[
    "medians of many rounds in one thread; ns are per operation, allocations are counted in rounds of their own",
    "preferred: KeyHash::preferred for 4,096 hashes over rings of 3 to 100 nodes (where no number is given), each \
     waiting for the result of the one before, as a request does; overlapping: none waits, and the processor \
     works at several",
    "scan: TableKeys::keys_of for PutItem, the key's attribute in the middle of the item, 64 different bodies \
     by turns; that each gives the right hash is checked first",
    "batch25: TableKeys::keys_of for BatchWriteItem with 25 puts of different keys, the extension, and \
     Cluster::pick with KeyAffinity, with the lease's begin and end; that the node is the one with most votes \
     is checked first",
    "memory is taken through a counting allocator, which adds to what allocates",
    crate::peer::NOTE,
];
