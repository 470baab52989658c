//! How many conditional writes to one key collide, with affinity and without.

mod counter;
mod race;

use std::{
    error::Error,
    io::{self, Write},
};

use serde_json::{Value, json};
use tower_muster::BoxError;

use self::{
    counter::Write as Kind,
    race::{Race, Routing},
};
use crate::{
    figures::{Better, Figure, Report},
    live,
};

/// What the benchmark of conditional writes may be told.
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
    let mut races = Vec::new();
    for write in [Kind::Optimistic, Kind::Adding] {
        for routing in [Routing::Affinity, Routing::Spread] {
            races.push(live::block_on(race::run(routing, write))?);
        }
    }
    let report = Report {
        command: "lwt",
        figures: figures(&races),
        detail: detail(&races),
    };
    if arguments.json {
        return Ok(report.print_json()?);
    }
    print(&races)?;
    Ok(report.print_table()?)
}

/// Of both kinds of writes together.
fn figures(races: &[Race]) -> Vec<Figure> {
    let conflicts = |routing| -> f64 {
        let races = races.iter().filter(|race| race.routing == routing);
        races.map(|race| race.conflicts as f64).sum()
    };
    let affinity = conflicts(Routing::Affinity);
    let spread = conflicts(Routing::Spread);
    let unit = "conflicts";
    vec![
        Figure::new("lwt.conflicts.affinity", affinity, unit, 0.0, Better::Lower),
        Figure::new("lwt.conflicts.spread", spread, unit, 1.0, Better::Higher),
    ]
}

/// What stands behind the figures.
fn detail(races: &[Race]) -> Value {
    json!({
        "tasks": live::TASKS,
        "clients": race::CLIENTS,
        "nodes": race::NODES,
        "seconds_each": race::TIME.as_secs_f64(),
        "races": races,
        "notes": NOTES,
    })
}

fn print(races: &[Race]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "{:<24}{:>9}{:>12}{:>8}{:>10}{:>8}{:>11}{:>13}{:>7}",
        "",
        "updated",
        "per second",
        "lost",
        "in doubt",
        "errors",
        "conflicts",
        "final value",
        "nodes"
    )?;
    for race in races {
        let name = format!("{:?}, {:?}", race.write, race.routing).to_lowercase();
        writeln!(
            out,
            "{name:<24}{:>9}{:>12.1}{:>8}{:>10}{:>8}{:>11}{:>13}{:>7}",
            race.calls.updated,
            race.updates_per_second,
            race.calls.lost,
            race.calls.in_doubt,
            race.calls.errors,
            race.conflicts,
            race.final_value,
            race.nodes_that_wrote
        )?;
        if let Some(error) = &race.calls.first_error {
            writeln!(out, "  {error}")?;
        }
    }
    writeln!(out)
}

/// How it was measured.
const NOTES: &[&str] = &[
    "optimistic: each task reads the counter and writes one more on the condition that nobody else did; adding: it \
     has the node add one, on a condition that always holds; several clients, each with a stack of its own, share \
     the tasks",
    "lost: the condition did not hold, as another task was faster; in doubt: a node said that it does not know \
     what became of the write, and nobody sends it again; errors: anything else",
    "conflicts are what the nodes counted: writes that came while another node had one of the same key in hand; \
     of two such writes the later one is refused here, at once, and not carried out, so that the final value is the \
     number of updates that succeeded; that it is so is checked, and its failure is the command's",
    "a write holds its key for 1 ms besides the engine's time, about what the rounds inside a datacenter take, also \
     if its condition does not hold; the writes of one node queue, those that collide cost nothing here and are made \
     again at once. So with affinity the 16 optimistic writers, which read the same value, queue for one of them to \
     win, and without it updates per second look better than they are: in a real cluster writes that collide wait \
     and try again before a node says that it does not know (scylladb issue 16261)",
    "affinity: Mode::ReadModifyWrite, with the name of the table's key given",
];
