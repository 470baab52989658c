//! Slots: what it takes to assign them, to agree on them through Redis, and to find them.

mod add;
mod assign;
mod failover;
mod fence;
mod kill;
mod scene;
pub(crate) mod site;
mod table;

use std::error::Error;

use serde_json::{Map, Value};
use tower_muster::BoxError;

use crate::figures::{Figure, Report};

/// What the benchmark of slots may be told.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Prints one JSON object instead of a table.
    #[arg(long)]
    json: bool,
    /// Measures one part: assign, table, add, failover, fence or kill.
    #[arg(long)]
    only: Option<String>,
}

/// Some figures that are measured together.
struct Part {
    figures: Vec<Figure>,
    /// What stands behind them, and under which name.
    name: &'static str,
    detail: Value,
}

type Measure = fn() -> Result<Part, BoxError>;

/// The parts, in the order in which they are measured and printed.
const PARTS: &[(&str, Measure)] = &[
    ("assign", assign::measure),
    ("table", table::measure),
    ("add", add::measure),
    ("failover", failover::measure),
    ("fence", fence::measure),
    ("kill", kill::measure),
];

pub(crate) fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    measure_and_print(arguments).map_err(|error| -> Box<dyn Error> { error })
}

fn measure_and_print(arguments: &Arguments) -> Result<(), BoxError> {
    let only = arguments.only.as_deref();
    let is_meant = |name: &str| only.is_none_or(|only| only == name);
    let parts: Vec<_> = PARTS.iter().filter(|(name, _)| is_meant(name)).collect();
    if parts.is_empty() {
        return Err(format!("there is no part {}", only.unwrap_or_default()).into());
    }
    let (mut figures, mut detail) = (Vec::new(), Map::new());
    for (_, measure) in parts {
        let part = measure()?;
        figures.extend(part.figures);
        detail.insert(part.name.to_owned(), part.detail);
    }
    let report = Report {
        command: "slots",
        figures,
        detail: Value::Object(detail),
    };
    match arguments.json {
        true => Ok(report.print_json()?),
        false => Ok(report.print_table()?),
    }
}
