//! Rounds of a healthy cluster and a dead node, by turns.

use std::time::Duration;

use serde::Serialize;
use tokio::time::{sleep, timeout};
use tower_muster::BoxError;
use tower_muster_testkit::TestNode;

use super::{
    load::{Ended, Load},
    phase::{Attempts, Phase, attempts},
    scene::{NODES, Scene},
};
use crate::{live::latency::Latency, time};

/// How long a phase is.
pub(super) const PHASE: Duration = Duration::from_secs(2);

/// The first moments of an outage, which are also told alone.
pub(super) const FIRST: Duration = Duration::from_millis(100);

/// How many rounds there are: odd, so that one of them is the median.
const ROUNDS: usize = 7;

/// How long calls go on before a round: the first ones make connections, and learn the nodes' latencies.
pub(super) const SETTLING: Duration = Duration::from_millis(500);

/// No node takes longer to be used again.
const PATIENCE: Duration = Duration::from_secs(10);

/// All rounds, and their calls together.
#[derive(Debug)]
pub(super) struct Outage {
    pub(super) rounds: Vec<Round>,
    /// In milliseconds.
    pub(super) healthy: Latency,
    pub(super) outage: Latency,
    /// Of the calls that ended in the first moments of each outage.
    pub(super) first: Latency,
    /// Of the calls before and after: those that the node which comes back has, and what had not ended before.
    pub(super) beside: Latency,
    /// Of all calls.
    pub(super) failed: usize,
    pub(super) failures: Vec<String>,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Round {
    /// p99 with a dead node, of p99 without.
    pub(super) ratio: f64,
    pub(super) healthy: Phase,
    pub(super) outage: Phase,
    /// How long after its restart the node had a call, in milliseconds.
    pub(super) used_again_after: f64,
}

/// What has ended in all rounds.
#[derive(Default)]
struct Sums {
    healthy: Ended,
    first: Vec<Duration>,
    outage: Ended,
    beside: Ended,
}

pub(super) async fn run() -> Result<Outage, BoxError> {
    let mut sums = Sums::default();
    let mut rounds = Vec::new();
    for victim in (0..NODES).cycle().take(ROUNDS) {
        rounds.push(round(victim, &mut sums).await?);
    }
    let Sums {
        healthy,
        first,
        outage,
        beside,
    } = sums;
    Ok(Outage {
        rounds,
        failed: healthy.failed + outage.failed + beside.failed,
        beside: Latency::of(beside.times).ok_or("no calls")?,
        first: Latency::of(first).ok_or("no calls")?,
        healthy: Latency::of(healthy.times).ok_or("no calls")?,
        outage: Latency::of(outage.times).ok_or("no calls")?,
        failures: [healthy.failures, outage.failures, beside.failures].concat(),
    })
}

/// One round, on a cluster of its own: a node that dies more often is trusted less.
async fn round(victim: usize, sums: &mut Sums) -> Result<Round, BoxError> {
    let scene = Scene::start().await?;
    let load = Load::begin(&scene.client).await?;
    let victim = &scene.nodes.nodes()[victim];
    let cluster = scene.stack.cluster();
    sleep(SETTLING).await;
    let begin = attempts(cluster);
    sums.beside.add(load.take());
    sleep(PHASE).await;
    let (middle, before) = (attempts(cluster), load.take());
    victim.kill();
    sleep(FIRST).await;
    let mut after = load.take();
    sums.first.extend(&after.times);
    sleep(PHASE - FIRST).await;
    let end = attempts(cluster);
    after.add(load.take());
    let url = victim.url();
    let healthy = phase(&before, [&begin, &middle], &url)?;
    let outage = phase(&after, [&middle, &end], &url)?;
    sums.healthy.add(before);
    sums.outage.add(after);
    let used_again_after = mend(victim).await?.as_secs_f64() * 1e3;
    sums.beside.add(load.end().await?);
    Ok(Round {
        ratio: outage.latency.p99 / healthy.latency.p99,
        healthy,
        outage,
        used_again_after,
    })
}

fn phase(ended: &Ended, attempts: [&Attempts; 2], victim: &str) -> Result<Phase, BoxError> {
    let latency = Latency::of(ended.times.clone()).ok_or("no calls ended")?;
    Phase::of(latency, ended.failed, attempts, victim)
}

/// The node serves again, and has calls; how long that took.
pub(super) async fn mend(victim: &TestNode) -> Result<Duration, BoxError> {
    victim.restart().await?;
    let begun = time::now();
    let before = victim.counters().executed;
    let used = async {
        while victim.counters().executed == before {
            sleep(Duration::from_millis(5)).await;
        }
    };
    let in_vain = |_| "a node that is back was not used again";
    timeout(PATIENCE, used).await.map_err(in_vain)?;
    Ok(time::now() - begun)
}
