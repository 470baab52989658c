//! Updates that must not be made twice, while nodes die.

use std::{error::Error, time::Duration};

use aws_sdk_dynamodb::{Client, types::AttributeValue};
use serde::Serialize;
use tokio::{sync::watch, task::JoinSet, time::sleep};
use tower_muster::{BoxError, failover};

use super::{rounds::mend, scene::Scene};
use crate::live::{
    TASKS,
    table::{KEY, TABLE, number, string},
};

/// How often a node dies.
const DEATHS: usize = 3;

/// How long it is well before, and dead after.
const PHASE: Duration = Duration::from_millis(700);

/// How many counters each task has, by turns: what is in doubt goes on at the node that died for a moment, and
/// the next update of the same item would collide with it.
const COUNTERS: usize = 64;

/// What became of the updates, each of which adds one.
#[derive(Debug, Default, Serialize)]
pub(super) struct Updates {
    deaths: usize,
    pub(super) succeeded: u64,
    /// Failed, and may have been carried out.
    pub(super) in_doubt: u64,
    /// Failed, and were not carried out.
    pub(super) refused: u64,
    /// What all of them have added.
    pub(super) applied: u64,
}

pub(super) async fn run() -> Result<Updates, BoxError> {
    let Scene { nodes, client, .. } = Scene::start().await?;
    let (end, ended) = watch::channel(false);
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        tasks.spawn(work(client.clone(), task, ended.clone()));
    }
    for victim in nodes.nodes().iter().cycle().take(DEATHS) {
        sleep(PHASE).await;
        victim.kill();
        sleep(PHASE).await;
        mend(victim).await?;
    }
    end.send_replace(true);
    let mut updates = Updates {
        deaths: DEATHS,
        ..Updates::default()
    };
    for own in tasks.join_all().await {
        updates.succeeded += own.succeeded;
        updates.in_doubt += own.in_doubt;
        updates.refused += own.refused;
    }
    for task in 0..TASKS {
        for counter in 0..COUNTERS {
            updates.applied += read(&client, task, counter).await?;
        }
    }
    let possible = updates.succeeded..=updates.succeeded + updates.in_doubt;
    if !possible.contains(&updates.applied) {
        return Err(format!("updates were lost, or made twice: {updates:?}").into());
    }
    Ok(updates)
}

/// Adds one again and again.
async fn work(client: Client, task: usize, ended: watch::Receiver<bool>) -> Updates {
    let mut updates = Updates::default();
    for counter in (0..COUNTERS).cycle() {
        if *ended.borrow() {
            break;
        }
        let update = client.update_item().table_name(TABLE);
        let update = update
            .key(KEY, id(task, counter))
            .update_expression("ADD #n :one")
            .expression_attribute_names("#n", "count")
            .expression_attribute_values(":one", number(1));
        match update.send().await {
            Ok(_) => updates.succeeded += 1,
            Err(error) if is_in_doubt(&error) => updates.in_doubt += 1,
            Err(_) => updates.refused += 1,
        }
    }
    updates
}

/// Whether the stack, or the node, admits that the update may have been carried out.
fn is_in_doubt(error: &(dyn Error + 'static)) -> bool {
    let mut causes = std::iter::successors(Some(error), |&error| error.source());
    let ours = causes.find_map(|cause| cause.downcast_ref::<failover::Error>());
    ours.is_none_or(|ours| !ours.is_safe_to_repeat())
}

/// A counter, which is 0 if nothing was ever added.
async fn read(client: &Client, task: usize, counter: usize) -> Result<u64, BoxError> {
    let get = client.get_item().table_name(TABLE);
    let get = get.key(KEY, id(task, counter)).consistent_read(true);
    let Some(item) = get.send().await?.item else {
        return Ok(0);
    };
    let count = item.get("count").and_then(|count| count.as_n().ok());
    Ok(count.ok_or("a counter is no number")?.parse()?)
}

fn id(task: usize, counter: usize) -> AttributeValue {
    string(format!("counter-{task}-{counter}"))
}
