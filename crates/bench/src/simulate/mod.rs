//! Drives policies through faults, in simulated time.
//!
//! The policies and the live state are the very ones that ship; clock, network and servers are
//! simulated, event by event. The same arguments give the same figures.

mod check;
mod client;
mod condition;
mod engine;
mod events;
mod hedging;
mod judge;
mod listed;
mod log;
mod metrics;
mod ours;
mod peers;
mod plot;
mod promises;
mod runs;
mod scenarios;
mod server;
mod table;
mod workload;
mod world;

use std::{
    collections::BTreeSet,
    error::Error,
    io::{self, Write},
    path::PathBuf,
};

use serde_json::{Map, Value, json};
use tower_muster::BoxError;

use self::{
    judge::Spec,
    runs::{Case, Results},
    scenarios::{NOT_SIMULATED, Scenario},
};
use crate::figures::Report;

/// What the simulator may be told.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Simulates only the scenario with this number, such as S3, or one variant, such as S3-hedged.
    #[arg(long)]
    scenario: Option<String>,
    /// Prints one JSON object instead of tables: the figures, and all policies with one client.
    #[arg(long)]
    json: bool,
    /// Draws distributions of latency into an SVG file.
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
    /// How many seeds the figures are of; the tables are of one.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=1_000))]
    seeds: u64,
    /// How many clients share the fleet.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 20, 100],
        value_parser = clap::value_parser!(u64).range(1..=1_000))]
    clients: Vec<u64>,
    /// How many nodes there are, such as 3,9,100: one table after the other. The figures' bounds are for 9.
    #[arg(long, value_delimiter = ',', default_values_t = [9],
        value_parser = clap::value_parser!(u64).range(3..=250))]
    nodes: Vec<u64>,
    /// One seed.
    #[arg(long)]
    quick: bool,
}

/// The seed of the tables and the picture.
const FIRST_SEED: u64 = 1;
/// One client, beside whom all methods are reported for machines.
const ALONE: [usize; 1] = [1];

pub(crate) fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    if arguments.nodes.len() > 1 && (arguments.json || arguments.plot.is_some()) {
        return Err("nodes: one object, or one picture, is of one number of nodes".into());
    }
    for &nodes in &arguments.nodes {
        if !arguments.json {
            println!("\n{nodes} nodes");
        }
        simulate(arguments, nodes).map_err(|error| error as Box<dyn Error>)?;
    }
    Ok(())
}

fn simulate(arguments: &Arguments, nodes: u64) -> Result<(), BoxError> {
    let seeds = if arguments.quick { 1 } else { arguments.seeds };
    let clients = arguments.clients.iter().map(|&clients| clients as usize);
    let clients: Vec<_> = clients.collect();
    let checked = check::check()?;
    let wanted = wanted(arguments.scenario.as_deref())?;
    let mut specs = promises::all(&clients);
    if let Some(number) = &arguments.scenario {
        specs.retain(|spec| spec.is_of(number));
    }
    let mut cases = BTreeSet::new();
    for case in specs.iter().flat_map(Spec::needs) {
        cases.extend((1..=seeds).map(|seed| (case, seed)));
    }
    let few = if arguments.json { &ALONE[..] } else { &clients };
    let rows_of_all = wanted.iter().flat_map(|scenario| rows(scenario, few));
    cases.extend(rows_of_all.map(|case| (case, FIRST_SEED)));
    if arguments.plot.is_some() {
        cases.extend(plot::needs().into_iter().map(|case| (case, FIRST_SEED)));
    }
    let results = Results::run(&scenarios::all(), &cases, usize::try_from(nodes)?)?;
    if let Some(path) = &arguments.plot {
        plot::draw(path, &results)?;
    }
    let mut report = report(&specs, &results, seeds, &checked);
    if arguments.json {
        report.detail["peers"] = peers_of(&wanted, &results)?;
        return Ok(report.print_json()?);
    }
    print_tables(&checked, &wanted, &clients, &results)?;
    println!("\nFigures, the median of {seeds} seeds:");
    Ok(report.print_table()?)
}

fn print_tables(
    checked: &[String],
    wanted: &[Scenario],
    clients: &[usize],
    results: &Results,
) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for line in checked {
        writeln!(out, "{line}")?;
    }
    for scenario in wanted {
        table::print(&mut out, scenario, rows(scenario, clients), results)?;
    }
    writeln!(out, "\nNot simulated:")?;
    for (id, why) in NOT_SIMULATED {
        writeln!(out, "{id}: {why}")?;
    }
    Ok(())
}

/// The scenarios that are asked for.
fn wanted(number: Option<&str>) -> Result<Vec<Scenario>, String> {
    let mut wanted = scenarios::all();
    let Some(number) = number else {
        return Ok(wanted);
    };
    wanted.retain(|scenario| scenario.is_of(number));
    if wanted.is_empty() {
        let known = NOT_SIMULATED
            .iter()
            .find(|(id, _)| id.eq_ignore_ascii_case(number));
        return Err(match known {
            Some((_, why)) => format!("{number} is not simulated: {why}"),
            None => format!("there is no scenario {number}"),
        });
    }
    Ok(wanted)
}

/// What a scenario's table is made of, row by row.
fn rows(scenario: &Scenario, clients: &[usize]) -> Vec<Case> {
    let row = |clients: usize| {
        scenario.methods.iter().map(move |&method| Case {
            scenario: scenario.id,
            method,
            clients: scenario.clients(clients),
        })
    };
    clients.iter().flat_map(|&clients| row(clients)).collect()
}

/// What all methods make of each scenario, for machines.
fn peers_of(wanted: &[Scenario], results: &Results) -> Result<Value, BoxError> {
    let mut all = Map::new();
    for scenario in wanted {
        let mut methods = Map::new();
        for case in rows(scenario, &ALONE) {
            if let Some(summary) = results.of(case, FIRST_SEED) {
                methods.insert(
                    case.method.name().to_owned(),
                    serde_json::to_value(summary)?,
                );
            }
        }
        all.insert(scenario.id.to_owned(), Value::Object(methods));
    }
    Ok(Value::Object(all))
}

fn report(specs: &[Spec], results: &Results, seeds: u64, checked: &[String]) -> Report {
    let (mut figures, mut behind) = (Vec::new(), Map::new());
    for spec in specs {
        let (figure, detail) = spec.judge(results, seeds);
        behind.insert(figure.id.clone(), detail);
        figures.push(figure);
    }
    Report {
        command: "simulate",
        figures,
        detail: json!({
            "seeds": seeds,
            "check": checked,
            "behind": Value::Object(behind),
        }),
    }
}
