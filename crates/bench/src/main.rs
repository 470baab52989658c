//! Measures what the policies are worth: a simulator and benchmarks, side by side with peers.

mod figures;
mod pick;
mod simulate;

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
    /// Measures the time that a pick takes.
    Pick(pick::Arguments),
    /// Drives the policies through faults, in simulated time.
    Simulate(simulate::Arguments),
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Pick(arguments) => pick::run(&arguments),
        Command::Simulate(arguments) => simulate::run(&arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}
