//! Counts through a group of sites, while one of them is killed and comes back.
//!
//! ```sh
//! cargo run --release --bin slots_client                               # a redis-server and three sites of its own
//! cargo run --release --bin slots_client -- --redis redis://127.0.0.1:PORT
//! ```

mod counters;
mod handler;
mod load;
mod own;
mod peers;
mod run;
mod service;

use std::{pin::pin, time::Duration};

use clap::Parser;
use tower_muster::BoxError;
use tower_muster_slots::{Group, Redis, SlotTable};

use self::{
    load::{Load, Report},
    own::OwnGroup,
};

/// How long the group may take to be complete.
const PATIENCE: Duration = Duration::from_secs(60);

/// Counts through a group of sites.
#[derive(Debug, Parser)]
struct Args {
    /// Where Redis is; a redis-server and three sites are started when it is not said.
    #[arg(long)]
    redis: Option<String>,
    /// The group's name.
    #[arg(long, default_value = "counters")]
    group: String,
    /// How many milliseconds a site may be silent that is started here.
    #[arg(long, default_value_t = 2_000)]
    timeout: u64,
    /// How many additions to make.
    #[arg(long, default_value_t = 20_000)]
    requests: u32,
    /// How many callers there are.
    #[arg(long, default_value_t = 32)]
    callers: u32,
    /// Prints JSON, and no progress.
    #[arg(long)]
    json: bool,
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let args = Args::parse();
    let mut own = match args.redis {
        Some(_) => None,
        None => Some(OwnGroup::start(&args.group, Duration::from_millis(args.timeout)).await?),
    };
    let url = args
        .redis
        .or(own.as_ref().map(OwnGroup::url))
        .unwrap_or_default();
    let table = SlotTable::follow(&Redis::at(&url)?, &args.group)?;
    tokio::time::timeout(PATIENCE, table.ready()).await?;
    tokio::time::timeout(PATIENCE, complete(&table)).await?;

    let load = Load::new(table, args.requests, args.callers, args.json)?;
    let mut counting = pin!(count(&load, own.as_mut()));
    let report = tokio::select! {
        biased;
        interrupted = tokio::signal::ctrl_c() => {
            interrupted?;
            load.progress().stop();
            counting.await?
        }
        report = &mut counting => report?,
    };
    match args.json {
        true => println!("{}", serde_json::to_string(&report)?),
        false => println!("{report}"),
    }
    if report.lost > 0 || report.failed > 0 || report.surplus > 0 {
        return Err("additions were lost, failed, or were made twice".into());
    }
    Ok(())
}

/// Makes the load; of a group of its own, one site is lost meanwhile.
async fn count(load: &Load, own: Option<&mut OwnGroup>) -> Result<Report, BoxError> {
    let Some(own) = own else {
        return load.run().await;
    };
    let lost = own.lose_one_and_get_it_back(load.progress());
    let (report, lost) = tokio::join!(load.run(), lost);
    lost.and(report)
}

/// Waits until every slot has a primary and as many holders as it should: until then a site that is killed may take
/// with it what it alone had.
async fn complete(table: &SlotTable) {
    let is_complete = |group: Group| {
        let mut routes = group.slots().slots().map(|slot| table.route(slot));
        let replicas = usize::from(group.replicas()).min(table.members().len());
        routes.all(|route| route.primary().is_some() && route.holders().count() >= replicas)
    };
    while !table.group().is_some_and(is_complete) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
