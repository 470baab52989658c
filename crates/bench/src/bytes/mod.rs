//! What a request weighs on the wire, and that nodes take what was made lighter.

mod mixed;
mod operations;
mod weights;

use std::{
    error::Error,
    io::{self, Write},
};

use serde_json::{Value, json};
use tower_muster::BoxError;

use self::{mixed::Mixed, weights::Weight};
use crate::{
    figures::{Better, Figure, Report},
    live,
};

/// What the benchmark of bytes may be told.
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
    let weights = live::block_on(weights::measure())?;
    let mixed = live::block_on(mixed::run(mixed::CALLS, mixed::Compression::On))?;
    let plain = live::block_on(mixed::run(mixed::CALLS / 10, mixed::Compression::Off))?;
    let report = Report {
        command: "bytes",
        figures: figures(&weights, &mixed)?,
        detail: detail(&weights, &mixed, &plain),
    };
    if arguments.json {
        return Ok(report.print_json()?);
    }
    print(&weights, &[&mixed, &plain])?;
    Ok(report.print_table()?)
}

fn figures(weights: &[Weight], mixed: &Mixed) -> Result<Vec<Figure>, BoxError> {
    let ratio = weights
        .iter()
        .find(|weight| weight.client == weights::FIGURE)
        .ok_or("the figure's client was not measured")?
        .ratio;
    Ok(vec![
        Figure::new("bytes.ratio", ratio, "of the SDK", 0.6, Better::Lower),
        Figure::new(
            "bytes.failed",
            mixed.failed as f64,
            "calls",
            0.0,
            Better::Lower,
        ),
    ])
}

/// What stands behind the figures.
fn detail(weights: &[Weight], mixed: &Mixed, plain: &Mixed) -> Value {
    json!({
        "aims": { "ratio": 0.5, "failed": 0 },
        "get_item": weights,
        "mixed": mixed,
        "mixed_without_compression": plain,
        "notes": NOTES,
    })
}

fn print(weights: &[Weight], mixed: &[&Mixed]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "{:<52}{:>9}{:>8}",
        "a signed GetItem", "bytes", "ratio"
    )?;
    for weight in weights {
        let Weight {
            client,
            bytes,
            ratio,
            ..
        } = weight;
        writeln!(out, "{client:<52}{bytes:>9.1}{ratio:>8.3}")?;
    }
    writeln!(
        out,
        "\n{:<28}{:>8}{:>8}{:>12}{:>12}{:>14}",
        "mixed operations", "calls", "failed", "bytes sent", "received", "compressed"
    )?;
    for run in mixed {
        let name = run.compression.name();
        let Mixed {
            calls,
            failed,
            sent_per_call,
            received_per_call,
            compressed_answers,
            ..
        } = run;
        writeln!(
            out,
            "{name:<28}{calls:>8}{failed:>8}{sent_per_call:>12.1}{received_per_call:>12.1}{compressed_answers:>14}"
        )?;
        for failure in &run.failures {
            writeln!(out, "  {failure}")?;
        }
    }
    writeln!(out)
}

/// How it was measured.
const NOTES: &[&str] = &[
    "bytes are what one node read from its sockets: heads and bodies of requests, without TCP and IP",
    "the SDK: aws-sdk-dynamodb with all of its defaults and its own HTTP client, without TLS",
    "the stack is given the node, so that nothing but the GetItems is sent; where it finds nodes by itself a \
     GET /localnodes comes besides, once a second",
    "mixed: puts, gets, updates, deletes, queries, batches of writes, conditions that hold and that do not; \
     items of up to 8 KiB; each answer is checked, 16 calls at a time, 3 nodes that check signatures; half of \
     the tasks trim to the vendor's list, half to what is needed; requests and responses are compressed",
    "a condition that does not hold has to be answered so, or the call counts as failed",
    "the stack finds its nodes by itself there, which is part of the bytes per call",
    crate::peer::NOTE,
];
