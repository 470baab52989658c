//! One site that serves requests behind its fence, in a process of its own.

mod serve;

use std::{
    convert::Infallible,
    error::Error,
    io::{self, BufRead, Write},
    net::{Ipv4Addr, SocketAddr},
    num::NonZeroUsize,
    time::Duration,
};

use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tower_muster::BoxError;
use tower_muster_slots::{Acquire, Grant, Group, Handler, Member, Redis, Site, Slot};

use self::serve::Commits;

/// How many threads serve.
const THREADS: usize = 2;
/// For how many slots the handler is asked at once, which does nothing.
const MAX_MOVES: NonZeroUsize = NonZeroUsize::new(64).unwrap();

/// What a site's process is told.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Arguments {
    /// Where Redis is.
    #[arg(long)]
    pub(super) redis: String,
    #[arg(long)]
    pub(super) id: String,
    /// The port to serve at; any one that is free by default.
    #[arg(long, default_value_t = 0)]
    pub(super) port: u16,
    #[command(flatten)]
    pub(super) group: GroupArguments,
}

/// What the sites of a group agree on.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct GroupArguments {
    #[arg(long)]
    pub(super) slots: u32,
    #[arg(long)]
    pub(super) replicas: u16,
    #[arg(long)]
    pub(super) min_sites: u32,
    #[arg(long)]
    pub(super) timeout_ms: u64,
}

/// What a site's process says when it has joined.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Joined {
    pub(super) port: u16,
}

/// Asks the application for nothing: there is nothing in the slots.
#[derive(Debug, Clone, Copy)]
pub(super) struct Nothing;

impl Handler for Nothing {
    type Error = Infallible;

    async fn acquire(&self, _: Acquire) -> Result<(), Infallible> {
        Ok(())
    }

    async fn release(&self, _: Slot) {}

    async fn primary_changed(&self, _: Grant) {}
}

impl GroupArguments {
    pub(super) fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }

    pub(super) fn group(&self, name: &str) -> Result<Group, BoxError> {
        let group = Group::builder(name).slots(self.slots);
        let group = group.replicas(self.replicas).min_sites(self.min_sites);
        Ok(group.timeout(self.timeout()).build()?)
    }
}

/// Serves until standard input ends: it does so when the process that began this one is gone.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    serve_until_told(arguments).map_err(|error| -> Box<dyn Error> { error })
}

fn serve_until_told(arguments: &Arguments) -> Result<(), BoxError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(THREADS)
        .enable_all()
        .build()?;
    let commits = Commits::default();
    let (_site, joined) = runtime.block_on(start(arguments, commits.clone()))?;
    let mut out = io::stdout();
    writeln!(out, "{}", serde_json::to_string(&joined)?)?;
    // Each line asks for what was committed since the last one.
    for line in io::stdin().lock().lines() {
        line?;
        writeln!(out, "{}", serde_json::to_string(&commits.take())?)?;
    }
    runtime.shutdown_background();
    Ok(())
}

async fn start(arguments: &Arguments, commits: Commits) -> Result<(Site, Joined), BoxError> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, arguments.port));
    let listener = TcpListener::bind(address).await?;
    let port = listener.local_addr()?.port();
    let member = Member::new(&arguments.id, &format!("http://127.0.0.1:{port}"))?;
    let group = arguments.group.group(super::scene::GROUP)?;
    let site = Site::builder(Redis::at(&arguments.redis)?, group, member, Nothing);
    let site = site.max_moves(MAX_MOVES).join().await?;
    tokio::spawn(serve::listen(listener, site.fence().require(), commits));
    Ok((site, Joined { port }))
}
