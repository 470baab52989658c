//! Nodes that answer at once, in a process of their own.

mod answer;
mod listen;

use std::{
    error::Error,
    io::{self, BufRead, Write},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use serde::{Deserialize, Serialize};
use tower_muster::BoxError;

/// How many threads answer.
const THREADS: usize = 2;

/// What the servers' process is told.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// How many nodes there are, at 127.0.0.1 and the addresses after it.
    #[arg(long)]
    nodes: u8,
}

/// Where the nodes are.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub(super) struct Nodes {
    addresses: Vec<String>,
    plain_port: u16,
    tls_port: u16,
    /// Of all nodes, as PEM.
    pub(super) certificate: String,
}

/// The nodes' tasks, and what they count.
struct Running {
    nodes: Nodes,
    accepted: Arc<AtomicU64>,
}

impl Nodes {
    pub(super) fn plain(&self) -> Vec<String> {
        self.urls("http", self.plain_port)
    }

    pub(super) fn tls(&self) -> Vec<String> {
        self.urls("https", self.tls_port)
    }

    fn urls(&self, scheme: &str, port: u16) -> Vec<String> {
        let url = |address| format!("{scheme}://{address}:{port}");
        self.addresses.iter().map(url).collect()
    }
}

/// Serves until standard input ends: it does so when the process that began this one is gone.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    serve(arguments.nodes).map_err(|error| -> Box<dyn Error> { error })
}

fn serve(nodes: u8) -> Result<(), BoxError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(THREADS)
        .enable_all()
        .build()?;
    let running = runtime.block_on(listen::start(nodes))?;
    let mut out = io::stdout();
    writeln!(out, "{}", serde_json::to_string(&running.nodes)?)?;
    // Each line asks for the connections so far.
    for line in io::stdin().lock().lines() {
        line?;
        writeln!(out, "{}", running.accepted.load(Relaxed))?;
    }
    runtime.shutdown_background();
    Ok(())
}

#[cfg(test)]
mod tests;
