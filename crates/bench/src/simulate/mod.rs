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
mod log;
mod metrics;
mod ours;
mod peers;
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
};

use serde_json::{Map, Value, json};

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
    /// Prints one JSON object, the figures, instead of tables; runs only what they need.
    #[arg(long)]
    json: bool,
    /// How many seeds each run is repeated with.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=1_000))]
    seeds: u64,
    /// How many clients share the fleet.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 20, 100])]
    clients: Vec<usize>,
    /// How many nodes there are.
    #[arg(long, default_value_t = 9, value_parser = clap::value_parser!(u64).range(3..=250))]
    nodes: u64,
    /// One seed.
    #[arg(long)]
    quick: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let seeds = if arguments.quick { 1 } else { arguments.seeds };
    let checked = check::check().map_err(|error| error.to_string())?;
    let wanted = wanted(arguments)?;
    let mut specs = promises::all(&arguments.clients);
    if let Some(number) = &arguments.scenario {
        specs.retain(|spec| spec.is_of(number));
    }
    let mut cases: BTreeSet<Case> = specs.iter().flat_map(Spec::needs).collect();
    if !arguments.json {
        cases.extend(wanted.iter().flat_map(|scenario| rows(scenario, arguments)));
    }
    let nodes = usize::try_from(arguments.nodes)?;
    let results = Results::run(&scenarios::all(), &cases, nodes, seeds)
        .map_err(|error| error.to_string())?;
    let report = report(&specs, &results, seeds, &checked);
    if arguments.json {
        report.print_json()?;
        return Ok(());
    }
    let mut out = io::stdout().lock();
    for line in checked {
        writeln!(out, "{line}")?;
    }
    for scenario in &wanted {
        let clients = fleets(scenario, arguments);
        table::print(&mut out, scenario, &clients, &results, seeds)?;
    }
    if arguments.scenario.is_none() {
        writeln!(out, "\nNot simulated:")?;
        for (id, why) in NOT_SIMULATED {
            writeln!(out, "{id}: {why}")?;
        }
    }
    writeln!(out, "\nFigures, the median of {seeds} seeds:")?;
    drop(out);
    Ok(report.print_table()?)
}

/// The scenarios that are asked for.
fn wanted(arguments: &Arguments) -> Result<Vec<Scenario>, String> {
    let mut wanted = scenarios::all();
    if let Some(number) = &arguments.scenario {
        wanted.retain(|scenario| scenario.is_of(number));
        let why = |(_, why): &(&str, &str)| format!("{number} is not simulated: {why}");
        if wanted.is_empty() {
            let known = NOT_SIMULATED
                .iter()
                .find(|(id, _)| id.eq_ignore_ascii_case(number));
            return Err(known.map_or_else(|| format!("there is no scenario {number}"), why));
        }
    }
    Ok(wanted)
}

fn fleets(scenario: &Scenario, arguments: &Arguments) -> Vec<usize> {
    let asked = arguments.clients.iter().filter(|&&clients| clients > 0);
    asked.map(|&clients| scenario.clients(clients)).collect()
}

/// What a scenario's table is made of.
fn rows(scenario: &Scenario, arguments: &Arguments) -> Vec<Case> {
    let fleets = fleets(scenario, arguments);
    let methods = scenario.methods.iter();
    methods
        .flat_map(|&method| {
            fleets.iter().map(move |&clients| Case {
                scenario: scenario.id,
                method,
                clients,
            })
        })
        .collect()
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
