//! How long a pick takes.

use std::error::Error;

/// What the benchmark of picks may be told.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Prints one JSON object instead of a table.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(_arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    Err("not built".into())
}
