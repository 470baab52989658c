//! Measures what the policies are worth: a simulator and benchmarks, side by side with peers.

mod affinity;
mod bytes;
mod figures;
mod live;
mod lwt;
mod outage;
mod overhead;
mod peer;
mod pick;
mod simulate;
mod slots;
mod stats;
mod time;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Measures what the policies are worth, beside their peers.
#[derive(Debug, Parser)]
#[command(name = "bench")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Measures what it costs to find the node of a key.
    Affinity(affinity::Arguments),
    /// Weighs requests on the wire.
    Bytes(bytes::Arguments),
    /// Measures what calls notice of a node that dies.
    Outage(outage::Arguments),
    /// Measures what our stack costs on top of the bare client.
    Overhead(overhead::Arguments),
    /// Serves what `overhead` measures, in a process of its own.
    #[command(hide = true)]
    OverheadServer(overhead::server::Arguments),
    /// Counts the write conflicts that affinity avoids.
    Lwt(lwt::Arguments),
    /// Measures the time that a pick takes.
    Pick(pick::Arguments),
    /// Drives the policies through faults, in simulated time.
    Simulate(simulate::Arguments),
    /// Measures how slots are assigned, agreed on and found.
    Slots(slots::Arguments),
    /// Is one of the sites that `slots` kills and stops, in a process of its own.
    #[command(hide = true)]
    SlotsSite(slots::site::Arguments),
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Affinity(arguments) => affinity::run(&arguments),
        Command::Bytes(arguments) => bytes::run(&arguments),
        Command::Outage(arguments) => outage::run(&arguments),
        Command::Overhead(arguments) => overhead::run(&arguments),
        Command::OverheadServer(arguments) => overhead::server::run(&arguments),
        Command::Lwt(arguments) => lwt::run(&arguments),
        Command::Pick(arguments) => pick::run(&arguments),
        Command::Simulate(arguments) => simulate::run(&arguments),
        Command::Slots(arguments) => slots::run(&arguments),
        Command::SlotsSite(arguments) => slots::site::run(&arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {}", live::describe(&*error));
            ExitCode::FAILURE
        }
    }
}
