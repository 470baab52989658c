//! What does a call notice when a node dies?
//!
//! Starts a cluster of three racks with three nodes each, drives it with the real `aws-sdk-dynamodb`
//! through the stack, breaks a node at a third of the calls and mends it at two thirds, and tells what
//! the calls noticed.
//!
//! `cargo run --release`, or `cargo run --release -- --help` for the flags.

mod args;
mod client;
mod count;
mod fault;
mod load;
mod report;
mod target;

use std::{process::ExitCode, sync::Arc};

use clap::Parser;

use self::{args::Args, fault::Story, load::Load, report::Report, target::Target};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> ExitCode {
    match run(Args::parse()).await {
        Ok(failed) => ExitCode::from(u8::from(failed > 0)),
        Err(error) => {
            eprint!("error: {error}");
            let causes = std::iter::successors(error.source(), |error| error.source());
            causes.for_each(|cause| eprint!(": {cause}"));
            eprintln!();
            ExitCode::from(2)
        }
    }
}

/// Returns how many calls failed.
async fn run(args: Args) -> Result<u64, BoxError> {
    let fault = args.fault()?;
    let target = Target::reach(&args).await?;
    let (stack, counts) = client::stack(&args, &target)?;
    // A wrong address or an unknown rack is found here, and not by the first call.
    stack.validate().await?;
    let dynamodb = client::dynamodb(&args, &target, &stack);
    let load = Arc::new(Load::prepare(dynamodb, &args).await?);
    counts.reset();

    let story = Story::begin(fault, &args, &target, &load);
    let results = load.run(&args).await;
    let events = story.end().await;

    let report = Report::new(&results, &counts.per_node(), events, &target, &stack);
    if args.json {
        println!("{}", report.json())
    } else {
        print!("{report}")
    }
    Ok(report.failed())
}
