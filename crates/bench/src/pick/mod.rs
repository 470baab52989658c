//! How long a pick takes.

mod allocations;
mod flights;
mod measure;
mod muster;
mod publish;
mod sizes;
mod subject;
mod table;
mod tower_balance;

use std::{
    error::Error,
    io::{self, Write},
    thread,
};

use serde_json::{Value, json};
use tower_muster::BoxError;

use self::{
    sizes::{SIZES, Size},
    subject::Part,
};
use crate::figures::{Better, Figure, Report};

/// What the benchmark of picks may be told.
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
    let cores = thread::available_parallelism()?.get();
    let threads = if cores >= 4 { 4 } else { 2 };
    let sizes = SIZES
        .iter()
        .map(|&nodes| Size::measure(nodes, threads))
        .collect::<Result<Vec<_>, _>>()?;
    let report = Report {
        command: "pick",
        figures: figures(&sizes, threads, allocations::per_call()?)?,
        detail: detail(&sizes, cores, threads),
    };
    if arguments.json {
        return Ok(report.print_json()?);
    }
    table::print(&sizes)?;
    if scaling(&sizes, "clock", Part::Look, threads)? < 0.9 * threads as f64 {
        let warning =
            "Others use this machine's cores: several threads reach less than they could.";
        writeln!(io::stdout(), "{warning}\n")?;
    }
    Ok(report.print_table()?)
}

fn figures(sizes: &[Size], threads: usize, allocations: f64) -> Result<Vec<Figure>, BoxError> {
    let ours = |nodes| median(sizes, nodes, "latency_aware", Part::Pick, 1);
    let ratio = scaling(sizes, "latency_aware", Part::Whole, threads)?;
    let bound = if threads == 4 { 2.5 } else { 1.7 };
    Ok(vec![
        Figure::new("pick.10.ns", ours(10)?, "ns", 40.0, Better::Lower),
        Figure::new("pick.10000.ns", ours(10_000)?, "ns", 80.0, Better::Lower),
        Figure::new("pick.threads.ratio", ratio, "times", bound, Better::Higher),
        Figure::new(
            "pick.allocations",
            allocations,
            "per call",
            0.0,
            Better::Lower,
        ),
    ])
}

/// How many times the throughput of one thread all threads have together, at 1,000 nodes.
fn scaling(sizes: &[Size], subject: &str, part: Part, threads: usize) -> Result<f64, &'static str> {
    let [alone, together] =
        [1, threads].map(|threads| median(sizes, 1_000, subject, part, threads));
    Ok(threads as f64 * alone? / together?)
}

fn median(
    sizes: &[Size],
    nodes: usize,
    subject: &str,
    part: Part,
    threads: usize,
) -> Result<f64, &'static str> {
    sizes
        .iter()
        .find(|size| size.nodes == nodes)
        .and_then(|size| size.median(subject, part, threads))
        .ok_or("a size was not measured")
}

/// What stands behind the figures.
fn detail(sizes: &[Size], cores: usize, threads: usize) -> Value {
    json!({
        "cores": cores,
        "threads": threads,
        "batch_ms": measure::BATCH.as_millis(),
        "warm_rounds": sizes::WARM_ROUNDS,
        "warm_up_ms": measure::WARM_UP.as_millis(),
        "in_flight_per_thread": flights::IN_FLIGHT,
        // The clock shares nothing: what is missing to the number of threads was taken by others.
        "threads_ratio_of_the_clock": scaling(sizes, "clock", Part::Look, threads).ok(),
        "sizes": sizes,
        "notes": NOTES,
    })
}

/// How it was measured.
const NOTES: &[&str] = &[
    "ns are per operation as each thread sees it; the throughput of all threads is threads / ns",
    "pick: a policy asked 1,000 times within one look at the cluster, nothing subtracted; the processor \
     overlaps one such pick with the next, which it cannot do where begins and ends come between",
    "look: the snapshot's load, the candidates and the clock, with a policy that declines",
    "pick + begin + end: the look, the pick, a lease that learns it was served and is dropped; each \
     thread has 8 requests in flight, which end in random order; the runtime's clock is read twice",
    "the first candidate, pick + begin + end: the same without a choice",
    "subjects of one size take turns, batch by batch, in one process; what is measured is also the \
     traffic that the nodes' live state comes from",
    "meanwhile a refresh every 10 ms finds a list whose last node is another one",
    "tower's Balance is polled ready and called, over mocks that answer at once, and takes in one removed \
     and one new node every 10 ms; it takes &mut self: one thread has it for itself, several share it \
     behind a std Mutex",
    "memory is taken through a counting allocator, which adds to what allocates",
    "no lock, channel or spawn on the way of a first attempt: `cargo xtask house` reads its files and finds \
     none (`crates/xtask/src/house/first_attempt.rs`); that nothing is allocated by the whole stack, with \
     timers for a hedge and a deadline, is shown by `crates/muster/tests/allocations.rs`",
    "loadpace-tower 0.1.0-rc.4 is left out: it paces requests, so a closed loop measures its waiting",
    "pingora-load-balancing 0.9.1 is left out: it brings 164 crates, and chooses without a measure of load",
    "prequal-tower and the balancer named Poise are left out: they are not on crates.io",
];
