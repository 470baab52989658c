//! Looks at a live group of sites, or at one that is only imagined.
//!
//! ```text
//! muster-slots table --redis redis://127.0.0.1:6379 --group counters
//! muster-slots watch --redis redis://127.0.0.1:6379 --group counters
//! muster-slots simulate --sites 9 --racks 3 --replicas 2 --slots 512
//! ```

mod args;
mod live;
mod outage;
mod show;
mod simulate;
mod view;
mod watch;

use std::{error::Error, process::ExitCode};

use clap::Parser;

use self::args::{Args, Command};

#[tokio::main]
async fn main() -> ExitCode {
    match run(Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("muster-slots: {}", told(&*error));
            ExitCode::FAILURE
        }
    }
}

async fn run(args: Args) -> Result<(), Box<dyn Error>> {
    match args.command {
        Command::Table(live) => {
            let table = live::follow(&live).await?;
            let view = view::View::of(&table).ok_or("the group is not known")?;
            show::print(&view, live.json)?;
        }
        Command::Watch { live, every } => watch::run(&live, every.into()).await?,
        Command::Simulate(imagined) => simulate::run(&imagined)?,
    }
    Ok(())
}

/// An error and what caused it, in one line.
pub(crate) fn told(error: &(dyn Error + 'static)) -> String {
    let mut told = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        told += &format!(": {error}");
        cause = error.source();
    }
    told
}
