//! Several clients at one counter.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use serde::Serialize;
use tokio::task::JoinSet;
use tower_muster::BoxError;
use tower_muster_alternator::{
    Alternator,
    affinity::{Mode, TableKeys},
};
use tower_muster_testkit::TestCluster;

use super::counter::{self, Calls, Write};
use crate::{
    live::{
        TASKS,
        cluster::sum,
        sdk,
        table::{self, KEY, TABLE},
    },
    time,
};

pub(super) const NODES: usize = 3;

/// How many clients there are, which do not know of each other.
pub(super) const CLIENTS: usize = 4;

/// How long they write.
pub(super) const TIME: Duration = Duration::from_secs(5);

/// Where the writes of a key go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Routing {
    Affinity,
    Spread,
}

/// What became of the writes.
#[derive(Debug, Serialize)]
pub(super) struct Race {
    pub(super) routing: Routing,
    pub(super) write: Write,
    pub(super) conflicts: u64,
    #[serde(flatten)]
    pub(super) calls: Calls,
    pub(super) updates_per_second: f64,
    /// As many as were updated.
    pub(super) final_value: u64,
    /// How many nodes had writes of the key in hand.
    pub(super) nodes_that_wrote: usize,
}

pub(super) async fn run(routing: Routing, write: Write) -> Result<Race, BoxError> {
    let cluster = TestCluster::builder()
        .topology(format!("dc1:rack1={NODES}"))
        .start()
        .await?;
    let clients = (0..CLIENTS).map(|_| client(&cluster, routing));
    let clients = clients.collect::<Result<Vec<_>, _>>()?;
    let first = clients.first().ok_or("there is no client")?;
    table::create(first).await?;
    counter::begin(first).await?;
    let begun = time::now();
    let mut tasks = JoinSet::new();
    for client in clients.iter().cycle().take(TASKS) {
        tasks.spawn(counter::count(client.clone(), write, begun + TIME));
    }
    let mut calls = Calls::default();
    for own in tasks.join_all().await {
        calls.add(own);
    }
    let elapsed = (time::now() - begun).as_secs_f64();
    let final_value = counter::read(first).await?;
    if final_value != calls.updated {
        let updated = calls.updated;
        return Err(format!("the counter is at {final_value} after {updated} updates").into());
    }
    Ok(Race {
        routing,
        write,
        conflicts: sum(&cluster, |counters| counters.conflicts),
        updates_per_second: calls.updated as f64 / elapsed,
        calls,
        final_value,
        nodes_that_wrote: nodes_that_wrote(&cluster),
    })
}

fn client(cluster: &TestCluster, routing: Routing) -> Result<Client, BoxError> {
    let config = Alternator::at_any(cluster.urls());
    let config = match routing {
        Routing::Affinity => config
            .affinity(Mode::ReadModifyWrite)
            .table_keys(TableKeys::new().given(TABLE, KEY)?),
        Routing::Spread => config,
    };
    Ok(sdk::unsigned(config.http_client()?))
}

fn nodes_that_wrote(cluster: &TestCluster) -> usize {
    let nodes = cluster.nodes().iter();
    nodes
        .filter(|node| node.counters().keys_written > 0)
        .count()
}
