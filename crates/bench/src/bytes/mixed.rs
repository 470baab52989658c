//! Mixed operations, signed, trimmed and compressed, against nodes that check signatures.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use aws_sdk_dynamodb::Client;
use http::header::CONTENT_ENCODING;
use serde::Serialize;
use tokio::task::JoinSet;
use tower_muster::BoxError;
use tower_muster_alternator::{
    Alternator, Config,
    compression::{Encoding, RequestCompression, ResponseCompression},
    headers::{Trim, UserAgent},
    observe::Seen,
};
use tower_muster_testkit::TestCluster;

use super::operations::{STEPS, Script};
use crate::live::{
    self, TASKS,
    cluster::{REGION, credentials, sum, verifying},
    sdk, table,
};

/// How many calls the figure is of.
pub(super) const CALLS: usize = 10_000;

/// How many failures are told in words.
const TOLD: usize = 5;

/// Whether bodies are compressed, both ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Compression {
    On,
    Off,
}

/// What became of the calls.
#[derive(Debug, Serialize)]
pub(super) struct Mixed {
    pub(super) compression: Compression,
    pub(super) calls: usize,
    pub(super) failed: usize,
    /// Some of them, in words.
    pub(super) failures: Vec<String>,
    signature_failures: u64,
    pub(super) sent_per_call: f64,
    pub(super) received_per_call: f64,
    /// Answers that came compressed.
    pub(super) compressed_answers: u64,
}

impl Compression {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::On => "compressed",
            Self::Off => "not compressed",
        }
    }
}

pub(super) async fn run(calls: usize, compression: Compression) -> Result<Mixed, BoxError> {
    let cluster = verifying("dc1:rack1=3").start().await?;
    let compressed = Arc::default();
    let spec = client(&cluster, compression, &compressed, |config| {
        config.trim(Trim::spec())
    })?;
    let least = client(&cluster, compression, &compressed, |config| {
        config.trim(Trim::needed()).user_agent(UserAgent::none())
    })?;
    table::create(&spec).await?;
    let before = [
        sum(&cluster, |counters| counters.bytes_received),
        sum(&cluster, |counters| counters.bytes_sent),
    ];
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        let client = if task % 2 == 0 { &spec } else { &least };
        let own = calls / TASKS + usize::from(task < calls % TASKS);
        tasks.spawn(work(Script::new(client.clone(), task), own));
    }
    let failures: Vec<_> = tasks.join_all().await.into_iter().flatten().collect();
    let after = [
        sum(&cluster, |counters| counters.bytes_received),
        sum(&cluster, |counters| counters.bytes_sent),
    ];
    Ok(Mixed {
        compression,
        calls,
        failed: failures.len(),
        failures: failures.into_iter().take(TOLD).collect(),
        signature_failures: sum(&cluster, |counters| counters.signature_failures),
        sent_per_call: (after[0] - before[0]) as f64 / calls as f64,
        received_per_call: (after[1] - before[1]) as f64 / calls as f64,
        compressed_answers: compressed.load(Relaxed),
    })
}

fn client(
    cluster: &TestCluster,
    compression: Compression,
    compressed: &Arc<AtomicU64>,
    trim: fn(Config) -> Config,
) -> Result<Client, BoxError> {
    let compressed = Arc::clone(compressed);
    let config = Alternator::at_any(cluster.urls())
        .credentials(credentials(), REGION)
        .observe(move |seen: &Seen<'_>| {
            let is_compressed = seen.headers().contains_key(CONTENT_ENCODING);
            compressed.fetch_add(u64::from(is_compressed), Relaxed);
        });
    let config = match compression {
        Compression::On => config
            .compress_requests(RequestCompression::gzip())
            .compress_responses(ResponseCompression::new([Encoding::Gzip])),
        Compression::Off => config,
    };
    Ok(sdk::unsigned(trim(config).http_client()?))
}

/// Makes calls one after the other, and returns what failed.
async fn work(mut script: Script, calls: usize) -> Vec<String> {
    let mut failures = Vec::new();
    for call in 0..calls {
        if let Err(error) = script.step(call).await {
            let failure = live::describe(&*error);
            failures.push(format!("{}: {failure}", STEPS[call % STEPS.len()]));
        }
    }
    failures
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_is_taken_and_none_fails() {
        let calls = 2 * TASKS * STEPS.len();
        let mixed = live::block_on(run(calls, Compression::On)).expect("a run");
        assert_eq!(mixed.failures, Vec::<String>::new());
        assert_eq!((mixed.calls, mixed.failed), (calls, 0));
        assert!(mixed.compressed_answers > 0, "{mixed:?}");
    }

    #[test]
    fn an_answer_that_is_not_as_it_should_be_is_a_failure() {
        let failures = live::block_on(async {
            let cluster = verifying("dc1:rack1=1").start().await?;
            let client = client(&cluster, Compression::Off, &Arc::default(), |config| config)?;
            table::create(&client).await?;
            let mut script = Script::new(client, 0);
            // Without the puts before them, a get finds nothing and a condition does not hold.
            let get = script.step(1).await;
            let delete = script.step(8).await;
            Ok([get.is_err(), delete.is_err()])
        });
        assert_eq!(failures.expect("a cluster"), [true, true]);
    }
}
