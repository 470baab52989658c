//! Slots: what it takes to assign them, to agree on them through Redis, and to find them.

mod assign;

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
}

/// Some figures that are measured together.
struct Part {
    figures: Vec<Figure>,
    /// What stands behind them, and under which name.
    name: &'static str,
    detail: Value,
}

/// The parts, in the order in which they are measured and printed.
const PARTS: &[fn() -> Result<Part, BoxError>] = &[assign::measure];

pub(crate) fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    measure_and_print(arguments).map_err(|error| -> Box<dyn Error> { error })
}

fn measure_and_print(arguments: &Arguments) -> Result<(), BoxError> {
    let (mut figures, mut detail) = (Vec::new(), Map::new());
    for part in PARTS {
        let part = part()?;
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
