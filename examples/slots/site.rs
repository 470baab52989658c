//! One site of a small replicated counter service: start some, kill one, watch the others take over.
//!
//! ```sh
//! cargo run --release --bin slots_site -- --id one            # starts a redis-server, and says where it is
//! cargo run --release --bin slots_site -- --id two --redis redis://127.0.0.1:PORT
//! cargo run --release --bin slots_client -- --redis redis://127.0.0.1:PORT
//! cargo run --release -p tower-muster-slots --bin muster-slots -- watch --redis redis://127.0.0.1:PORT --group counters
//! ```

mod counters;
mod handler;
mod peers;
mod run;
mod service;

use std::{future::pending, net::SocketAddr, time::Duration};

use clap::Parser;
use tower_muster::BoxError;
use tower_muster_slots::{Group, Redis};
use tower_muster_testkit::redis::RedisServer;

use self::run::Settings;

/// One site of a replicated counter service.
#[derive(Debug, Parser)]
struct Args {
    /// What the site is called.
    #[arg(long)]
    id: String,
    /// Where it listens.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Where Redis is; one is started when it is not said.
    #[arg(long)]
    redis: Option<String>,
    /// The group's name.
    #[arg(long, default_value = "counters")]
    group: String,
    /// How many slots the group has.
    #[arg(long, default_value_t = 512)]
    slots: u32,
    /// How many sites hold each slot.
    #[arg(long, default_value_t = 2)]
    replicas: u16,
    /// How many milliseconds a site may be silent.
    #[arg(long, default_value_t = 2_000)]
    timeout: u64,
    /// The rack that the site stands in.
    #[arg(long)]
    rack: Option<String>,
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let args = Args::parse();
    let own = match args.redis {
        Some(_) => None,
        None => Some(RedisServer::start().await?),
    };
    let url = args
        .redis
        .or(own.as_ref().map(RedisServer::url))
        .unwrap_or_default();
    let group = Group::builder(args.group)
        .slots(args.slots)
        .replicas(args.replicas)
        .timeout(Duration::from_millis(args.timeout))
        .build()?;
    let settings = Settings {
        id: args.id,
        rack: args.rack.map(|rack| ("dc1".to_owned(), rack)),
        redis: Redis::at(&url)?,
        group,
    };
    let site = run::join(settings, args.listen).await?;
    let say = async {
        println!("joined the group through {url}; ctrl-c leaves it in order");
        pending().await
    };
    tokio::select! {
        // It is heard before it is said.
        biased;
        interrupted = tokio::signal::ctrl_c() => interrupted?,
        () = say => {}
    }
    // The last one has nobody to wait for.
    let patience = match site.table().members().len() {
        0 | 1 => Duration::ZERO,
        _ => Duration::from_secs(30),
    };
    site.leave(patience).await?;
    Ok(())
}
