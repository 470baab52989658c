//! The flags.

use clap::{Parser, ValueEnum};

/// Drives a cluster through the stack while one of its nodes fails.
#[derive(Debug, Parser)]
#[command(name = "failover")]
pub(crate) struct Args {
    /// How many calls to make.
    #[arg(long, default_value_t = 60_000, value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    pub(crate) calls: u64,

    /// How many calls to have under way at once.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=4096))]
    pub(crate) concurrency: u16,

    /// What happens from one third of the calls to two thirds; by default a node is killed. Nothing
    /// happens to a cluster that is running already.
    #[arg(long, value_enum)]
    pub(crate) fault: Option<Fault>,

    /// What chooses the node.
    #[arg(long, value_enum, default_value_t = Choice::PowerOfTwo)]
    pub(crate) policy: Choice,

    /// Who signs the requests.
    #[arg(long, value_enum, default_value_t = Signer::Sdk)]
    pub(crate) sign: Signer,

    /// Nodes of a cluster that is running already, instead of one that is started here.
    #[arg(long, value_delimiter = ',')]
    pub(crate) seeds: Vec<String>,

    /// The access key id for the seeds; without one nothing is signed.
    #[arg(long, requires = "secret_key", requires = "seeds")]
    pub(crate) access_key: Option<String>,

    /// The secret key for the seeds.
    #[arg(long, requires = "access_key")]
    pub(crate) secret_key: Option<String>,

    /// The datacenter of this client, for rack affinity.
    #[arg(long, default_value = "dc1")]
    pub(crate) datacenter: String,

    /// The rack of this client, for rack affinity.
    #[arg(long, default_value = "rack1")]
    pub(crate) rack: String,

    /// Prints one JSON object and nothing else on standard output.
    #[arg(long)]
    pub(crate) json: bool,
}

impl Args {
    /// What is done to the cluster, or why that cannot be done.
    pub(crate) fn fault(&self) -> Result<Fault, String> {
        match self.fault {
            None if self.seeds.is_empty() => Ok(Fault::Kill),
            None | Some(Fault::None) => Ok(Fault::None),
            Some(fault) if self.seeds.is_empty() => Ok(fault),
            Some(fault) => Err(format!(
                "--fault {fault:?}: only a cluster that is started here is broken"
            )),
        }
    }
}

/// What is done to the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Fault {
    /// One node is killed: its connections are reset, new ones refused.
    Kill,
    /// One node takes requests and answers none.
    Blackhole,
    /// One node answers 50 ms late.
    Slow,
    /// All nodes of the client's rack are killed.
    Rack,
    /// Nothing.
    None,
}

/// What chooses the node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Choice {
    /// Each node in turn.
    RoundRobin,
    /// The one with the least requests in flight.
    PowerOfTwo,
    /// The client's own rack first, and in it the one with the least requests in flight.
    RackAffinity,
}

/// Who signs the requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Signer {
    /// The SDK, once; its Host is kept on every node.
    Sdk,
    /// The stack, each attempt for its node.
    Stack,
}
