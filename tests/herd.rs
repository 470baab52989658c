//! Many programs that start at once, or come back at once, ask each node little and spread what they send.
#![allow(clippy::unwrap_used, reason = "a failed expectation is the report")]

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use tokio::{task::JoinSet, time::Instant};
use tower_muster::discover::Pace;
use tower_muster_alternator::{Alternator, Config, Stack};
use tower_muster_testkit::{Counters, TestCluster, TestNode};
use tower_muster_tests::{
    DATACENTER, Failure, Result, Table, credentials, start, unsigned_sdk, until,
};

const SIX: &str = "dc1:rack1=2,rack2=2,rack3=2";
const PROGRAMS: usize = 20;
const ALL_DAY: Duration = Duration::from_secs(86_400);

fn counters(cluster: &TestCluster) -> Vec<Counters> {
    cluster.nodes().iter().map(TestNode::counters).collect()
}

/// A stack that looks around as often as everyday's does, and blames no node for a busy machine.
fn config(seeds: Vec<String>) -> Config {
    Alternator::at_any(seeds)
        .datacenter(DATACENTER)
        .credentials(credentials(), "us-east-1")
        .attempt_timeout(Duration::from_secs(5))
        .deadline(Duration::from_secs(20))
}

async fn created(cluster: &TestCluster) -> Result {
    Table::create(unsigned_sdk(config(cluster.urls()).http_client()?)).await?;
    Ok(())
}

fn programs(seeds: &[String]) -> Result<Vec<Stack>> {
    programs_with(seeds, |config| config)
}

fn programs_with(seeds: &[String], set: impl Fn(Config) -> Config) -> Result<Vec<Stack>> {
    let stacks = (0..PROGRAMS).map(|_| set(config(seeds.to_vec())).build());
    Ok(stacks.collect::<Result<_, _>>()?)
}

/// Has all programs make one call at once.
async fn call(stacks: &[Stack]) -> Result<(), Failure> {
    let mut calls = JoinSet::new();
    for stack in stacks {
        let table = Table::of(unsigned_sdk(stack.http_client()));
        calls.spawn(async move { table.put("k", "v").await });
    }
    calls.join_all().await.into_iter().collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn programs_that_start_at_once_spread_their_first_calls_and_look_around_once() -> Result {
    let cluster = start(SIX).await;
    created(&cluster).await?;
    for seeds in [cluster.urls(), cluster.urls()[..1].to_vec()] {
        let before = counters(&cluster);
        // However long the calls take, the next look is not due.
        let pace = Pace::new(ALL_DAY, ALL_DAY)?;
        let stacks = programs_with(&seeds, |config| config.pace(pace))?;
        let begun = Instant::now();
        call(&stacks).await?;
        let waits = begun.elapsed().as_millis() / 250;
        let grown = |of: fn(&Counters) -> u64| {
            let after = counters(&cluster);
            let grown = after
                .iter()
                .zip(&before)
                .map(|(after, before)| of(after) - of(before));
            grown.collect::<Vec<_>>()
        };
        let looks: u64 = grown(|counters| counters.local_nodes).iter().sum();
        // A seed that answers slowly on a busy machine has another one asked beside it, every 250 ms.
        assert!(
            u128::from(looks) <= PROGRAMS as u128 * (2 + waits),
            "{looks} looks of {PROGRAMS} programs in {waits} waits"
        );
        let first = grown(|counters| counters.attempts);
        assert_eq!(first.iter().sum::<u64>(), PROGRAMS as u64);
        assert!(first.iter().all(|calls| *calls <= 14), "{first:?}");
        assert!(
            first.iter().filter(|calls| **calls > 0).count() >= 3,
            "{first:?}"
        );
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn programs_look_around_no_more_often_than_they_were_told_however_busy_they_are() -> Result {
    let cluster = start(SIX).await;
    created(&cluster).await?;
    let before: u64 = counters(&cluster)
        .iter()
        .map(|counters| counters.local_nodes)
        .sum();
    let stacks = programs(&cluster.urls())?;
    let clock = Instant::now();
    for _ in 0..20 {
        call(&stacks).await?;
    }
    let seconds = clock.elapsed().as_secs() + 1;
    let after: u64 = counters(&cluster)
        .iter()
        .map(|counters| counters.local_nodes)
        .sum();
    let most = PROGRAMS as u64 * 2 * (seconds + 1);
    assert!(
        after - before <= most,
        "{} looks in {seconds} s",
        after - before
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_comes_back_is_not_run_down_by_those_who_have_waited() -> Result {
    let cluster = start(SIX).await;
    created(&cluster).await?;
    let stacks = programs(&cluster.urls())?;
    call(&stacks).await?;
    let node = &cluster.nodes()[3];
    node.kill();
    for _ in 0..10 {
        call(&stacks).await?;
    }
    node.restart().await?;
    let before = node.counters();
    let calls = AtomicU64::new(0);
    until("it serves again", async || {
        call(&stacks).await.unwrap();
        calls.fetch_add(PROGRAMS as u64, Relaxed);
        node.counters().executed > before.executed
    })
    .await;
    let after = node.counters();
    let (looks, first) = (
        after.local_nodes - before.local_nodes,
        after.attempts - before.attempts,
    );
    // Each program finds out for itself, at its own time, and goes on looking at the cluster.
    let rounds = calls.load(Relaxed) / PROGRAMS as u64;
    assert!(
        looks <= 2 * PROGRAMS as u64 + rounds,
        "{looks} looks in {rounds} rounds"
    );
    assert!(first <= 14, "{first} of {PROGRAMS} calls at once");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn programs_whose_whole_cluster_was_gone_find_it_again_with_few_questions() -> Result {
    let cluster = start(SIX).await;
    created(&cluster).await?;
    let stacks = programs(&cluster.urls())?;
    call(&stacks).await?;
    cluster.nodes().iter().for_each(TestNode::kill);
    for stack in &stacks {
        let table = Table::of(unsigned_sdk(stack.http_client()));
        let patience = Duration::from_millis(50);
        // It fails, or has not failed yet.
        let call = tokio::time::timeout(patience, table.put("k", "v")).await;
        assert!(!matches!(call, Ok(Ok(()))), "nobody is there");
    }
    let before = counters(&cluster);
    for node in cluster.nodes() {
        node.restart().await?;
    }
    call(&stacks).await?;
    let after = counters(&cluster);
    let grown = after.iter().zip(&before);
    let (looks, used): (Vec<_>, Vec<_>) = grown
        .map(|(after, before)| {
            let looks = after.local_nodes - before.local_nodes;
            (looks, after.executed - before.executed)
        })
        .unzip();
    assert!(
        looks.iter().sum::<u64>() <= 8 * PROGRAMS as u64,
        "{looks:?}"
    );
    assert!(
        used.iter().filter(|calls| **calls > 0).count() >= 3,
        "{used:?}"
    );
    assert!(used.iter().all(|calls| *calls <= 14), "{used:?}");
    Ok(())
}
