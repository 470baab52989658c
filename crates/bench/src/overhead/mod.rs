//! What our stack costs on top of the bare client.

mod allocations;
mod caller;
mod clients;
mod clock;
mod compare;
mod http;
mod process;
mod reconnects;
mod rows;
mod sdk;
pub(crate) mod server;
mod sign;
mod table;
mod tls;

use std::error::Error;

use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};
use tower_muster::BoxError;

use self::{
    allocations::Allocations,
    process::Server,
    reconnects::Reconnects,
    rows::{Row, Selection},
};
use crate::figures::{Better, Figure, Report};

/// What the benchmark of the overhead may be told.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Prints one JSON object instead of a table.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    selection: Selection,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    measure_and_print(arguments).map_err(|error| -> Box<dyn Error> { error })
}

fn measure_and_print(arguments: &Arguments) -> Result<(), BoxError> {
    let runtime = runtime()?;
    let mut server = Server::start()?;
    let selection = &arguments.selection;
    let rows = runtime.block_on(rows::measure(server.nodes(), selection))?;
    if selection.only.is_some() {
        return Ok(table::print(&rows)?);
    }
    let allocations = Allocations::measure(&runtime, server.nodes())?;
    let reconnects = runtime.block_on(reconnects::measure(&mut server))?;
    let report = Report {
        command: "overhead",
        figures: figures(&rows, &allocations, &reconnects)?,
        detail: detail(&rows, &allocations, &reconnects),
    };
    if arguments.json {
        return Ok(report.print_json()?);
    }
    table::print(&rows)?;
    table::print_counts(&allocations, &reconnects)?;
    Ok(report.print_table()?)
}

/// The clients' runtime has one thread.
///
/// So each request costs the processor what it costs, and not what waking another thread does, which depends on
/// who else uses the machine; and both sides are one thread's work in turn.
fn runtime() -> Result<Runtime, BoxError> {
    Ok(Builder::new_current_thread().enable_all().build()?)
}

/// The figures' bounds; the aims are in the detail.
const BOUNDS: [(&str, f64); 5] = [
    ("hyper", 1.08),
    ("tls", 1.05),
    ("sdk", 1.00),
    ("sdk.signed", 1.00),
    ("sign", 1.05),
];

fn figures(
    rows: &[Row],
    allocations: &Allocations,
    reconnects: &Reconnects,
) -> Result<Vec<Figure>, BoxError> {
    let mut figures = Vec::new();
    for (pair, bound) in BOUNDS {
        let row = rows.iter().find(|row| row.pair == pair && row.is_figure);
        let ratio = row.ok_or("a pair was not measured")?.compared.ratio.median;
        let id = format!("overhead.{pair}.ratio");
        figures.push(Figure::new(id, ratio, "times", bound, Better::Lower));
    }
    let added = allocations.added;
    let id = "overhead.allocations";
    figures.push(Figure::new(id, added, "per call", 0.0, Better::Lower));
    let opened = reconnects.ours as f64;
    let id = "overhead.reconnects";
    figures.push(Figure::new(id, opened, "sockets", 0.0, Better::Lower));
    Ok(figures)
}

/// What stands behind the figures.
fn detail(rows: &[Row], allocations: &Allocations, reconnects: &Reconnects) -> Value {
    json!({
        "aims": {
            "hyper_ratio": 1.03, "tls_ratio": 1.02, "sdk_ratio": 0.95, "sdk_signed_ratio": 0.90, "sign_ratio": 1.00,
            "allocations": 0, "reconnects": 0,
        },
        "nodes": process::NODES,
        "pairs": rows,
        "allocations": allocations,
        "reconnects": reconnects,
        "notes": NOTES,
    })
}

/// How it was measured.
const NOTES: &[&str] = &[
    "times are the processor's, user and system, of the client's whole process per call; the servers are in \
     another process, which answers each GetItem at once",
    "a round is four slices, bare, ours, ours, bare, or the other way about; its ratio is the time of ours to that \
     of bare; a figure is the median of all rounds' ratios, and p10 and p90 say how far they lie apart",
    "both sides make the same requests by the same code, over as many tasks, on the same runtime of one thread",
    "hyper: Alternator::at with its defaults and nothing else, against hyper-util's client with the same \
     settings, round robin over the same nodes; tls: the same over hyper-rustls",
    "sdk: aws-sdk-dynamodb as a user has it; bare: nothing is set that has a default, and its own HTTP client has one \
     node; ours: Config::sdk_config and SignedBelow, as the documentation recommends, so that the SDK's retries and \
     its watch over stalled bodies are off and the stack's are on, over all nodes that it finds; unsigned, or signed by \
     the SDK there and by our layer here",
    "sdk.alike: the same with the SDK's defaults on both sides, its retries and its watch over stalled bodies on top \
     of the stack's, and allow_no_auth in the place of SignedBelow; beside the figures",
    "sign: SigV4Layer over a service that is ready, against SignableRequest, sign and apply_to_request_http1x; \
     the layer signs the headers that have to be, aws-sigv4 alone all that there are",
    "added allocations: of the whole stack over a client that allocates nothing; beside them what a call allocates \
     with the real client, the connection's part included",
    "reconnects: connections that the servers' process accepted during 100,000 calls at 64 at a time, after \
     300,000 others",
    "memory is taken through a counting allocator, on both sides, which adds to what allocates and never extends \
     memory in place",
    crate::peer::NOTE,
];
