//! The command line.

use std::{num::ParseFloatError, str::FromStr, time::Duration};

use clap::{Args as Group, Parser, Subcommand};

/// Looks at a group of sites that share slots through Redis.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Shows the group's sites and slots once.
    Table(Live),
    /// Shows them again whenever they change.
    Watch {
        #[command(flatten)]
        live: Live,
        /// How often to look, in seconds.
        #[arg(long, default_value = "1")]
        every: Seconds,
    },
    /// Shows how slots would be assigned, and what would move, without any Redis.
    Simulate(Imagined),
}

/// Which group, and where.
#[derive(Debug, Group)]
pub(crate) struct Live {
    /// Where Redis is; several times for Sentinel and Cluster. A password is better in MUSTER_REDIS_PASSWORD.
    #[arg(long, default_value = "redis://127.0.0.1:6379")]
    pub(crate) redis: Vec<String>,
    /// The URLs are sentinels, which know the master by this name.
    #[arg(long, conflicts_with = "cluster")]
    pub(crate) sentinel: Option<String>,
    /// The URLs are nodes of a Redis Cluster.
    #[arg(long)]
    pub(crate) cluster: bool,
    /// The group's name.
    #[arg(long)]
    pub(crate) group: String,
    /// How many seconds to wait for Redis and for the group.
    #[arg(long, default_value = "10")]
    pub(crate) wait: Seconds,
    /// Prints JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// A group that is only imagined.
#[derive(Debug, Group)]
pub(crate) struct Imagined {
    /// How many slots there are.
    #[arg(long, default_value_t = 512)]
    pub(crate) slots: u32,
    /// How many sites are to hold each slot.
    #[arg(long, default_value_t = 2)]
    pub(crate) replicas: u16,
    /// How many sites there are.
    #[arg(long, default_value_t = 3)]
    pub(crate) sites: u16,
    /// Over how many racks they stand in turn; 0 for none.
    #[arg(long, default_value_t = 0)]
    pub(crate) racks: u16,
    /// The weights of the first sites, 1,2,0.5; those of the others are 1.
    #[arg(long, value_delimiter = ',')]
    pub(crate) weights: Vec<f64>,
    /// Prints JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// A duration in seconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seconds(Duration);

impl FromStr for Seconds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let seconds: f64 = text
            .parse()
            .map_err(|error: ParseFloatError| error.to_string())?;
        let duration = Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())?;
        match duration.is_zero() {
            true => Err("must be above 0".to_owned()),
            false => Ok(Self(duration)),
        }
    }
}

impl From<Seconds> for Duration {
    fn from(Seconds(duration): Seconds) -> Self {
        duration
    }
}
