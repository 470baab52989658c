//! What calls notice of a node that dies while its peers go on listing it.

mod control;
mod load;
mod phase;
mod rounds;
mod scene;
mod table;
mod updates;

use std::error::Error;

use serde_json::{Value, json};
use tower_muster::BoxError;

use self::{control::Control, rounds::Outage, updates::Updates};
use crate::{
    figures::{Better, Figure, Report},
    live,
    stats::Summary,
};

/// What the benchmark of an outage may be told.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Prints one JSON object instead of a table.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    measure_and_print(arguments).map_err(|error| -> Box<dyn Error> { error })
}

fn measure_and_print(arguments: &Arguments) -> Result<(), BoxError> {
    let outage = live::block_on(rounds::run())?;
    let updates = live::block_on(updates::run())?;
    let control = live::block_on(control::run())?;
    let report = Report {
        command: "outage",
        figures: figures(&outage)?,
        detail: detail(&outage, &updates, &control),
    };
    if arguments.json {
        return Ok(report.print_json()?);
    }
    table::print(&outage, &updates, &control)?;
    Ok(report.print_table()?)
}

fn figures(outage: &Outage) -> Result<Vec<Figure>, BoxError> {
    let ratios = outage.rounds.iter().map(|round| round.ratio).collect();
    let ratio = Summary::of(ratios).ok_or("there were no rounds")?.median;
    let failed = outage.failed as f64;
    Ok(vec![
        Figure::new("outage.p99.ratio", ratio, "times", 2.0, Better::Lower),
        Figure::new("outage.failed", failed, "calls", 0.0, Better::Lower),
    ])
}

/// What stands behind the figures.
fn detail(outage: &Outage, updates: &Updates, control: &Control) -> Value {
    json!({
        "aims": { "p99_ratio": 1.2, "failed": 0 },
        "nodes": scene::NODES,
        "tasks": live::TASKS,
        "phase_s": rounds::PHASE.as_secs_f64(),
        "first_ms": rounds::FIRST.as_millis(),
        "all_rounds": {
            "healthy": outage.healthy,
            "outage": outage.outage,
            "first_of_outage": outage.first,
            "beside": outage.beside,
        },
        "rounds": outage.rounds,
        "failures": outage.failures,
        "updates_apart": updates,
        "sdk_alone": control,
        "notes": NOTES,
    })
}

/// How it was measured.
const NOTES: &[&str] = &[
    "each round, on a cluster and a stack of its own: all nodes are well; then one is killed: its connections are \
     reset, new ones refused, and its peers go on listing it; then it comes back, and has calls again after \
     used_again_after milliseconds",
    "the ratio is of one round's p99 with the node dead to its p99 before; the figure is the median of all rounds",
    "beside: the calls before the first phase and after the second, in which the node comes back, and any that had \
     not ended by then; they count where they fail",
    "a call belongs to the phase in which it ends: those that are in flight when the node dies are of the outage",
    "two gets, a query, a put and a delete by turns, each task as fast as it is answered; all of them may be \
     repeated",
    "sdk_alone: one round of the same calls by aws-sdk-dynamodb with its own HTTP client and its own repetitions, \
     its endpoint being another node at each attempt; it shows that what is measured here can be bad",
    "updates_apart: updates that add one, which must not be repeated. One that is in flight at a node when that \
     dies is in doubt, and its caller is told so; that all others succeed, and that none is made twice, is seen \
     from the sum in the end. They are no part of the figures",
    "the stack has its defaults, and the SDK repeats nothing",
    "attempts are requests that the stack aimed at a node, by Cluster::nodes(); probes are not among them",
    crate::peer::NOTE,
];
