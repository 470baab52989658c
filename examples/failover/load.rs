//! The calls: puts, gets and queries of items whose values are known.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use aws_sdk_dynamodb::{
    Client,
    types::{
        AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType,
        ScalarAttributeType,
    },
};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::{sync::Notify, time::Instant};

use crate::{BoxError, args::Args};

const TABLE: &str = "failover";
/// How many items there are; each call puts or reads one.
const ITEMS: u64 = 256;

pub(crate) struct Load {
    client: Client,
    calls: u64,
    next: AtomicU64,
    /// Told when a third, and when two thirds of the calls were begun.
    pub(crate) third: Notify,
    pub(crate) two_thirds: Notify,
    pub(crate) begun: Instant,
    progress: ProgressBar,
}

/// What the calls noticed.
#[derive(Default)]
pub(crate) struct Results {
    pub(crate) latencies: Vec<Duration>,
    pub(crate) failed: u64,
    /// Some of the failures, in words.
    pub(crate) failures: Vec<String>,
    pub(crate) took: Duration,
}

impl Load {
    /// Creates the table, with its items in it.
    pub(crate) async fn prepare(client: Client, args: &Args) -> Result<Self, BoxError> {
        create_table(&client).await?;
        for item in 0..ITEMS {
            put(&client, item).await?;
        }
        Ok(Self {
            client,
            calls: args.calls,
            next: AtomicU64::new(0),
            third: Notify::new(),
            two_thirds: Notify::new(),
            begun: Instant::now(),
            progress: progress(args),
        })
    }

    /// Makes all calls, as many at once as is asked for.
    pub(crate) async fn run(self: &Arc<Self>, args: &Args) -> Results {
        let begun = Instant::now();
        let workers = (0..args.concurrency).map(|_| tokio::spawn(Arc::clone(self).work()));
        let workers: Vec<_> = workers.collect();
        let mut results = Results::default();
        for worker in workers {
            match worker.await {
                Ok(part) => results.add(part),
                // A worker that panicked lost its calls; they count as failed.
                Err(error) => results.fail(error.to_string()),
            }
        }
        results.took = begun.elapsed();
        results.failed += self.calls.saturating_sub(results.latencies.len() as u64);
        self.progress.finish_and_clear();
        results
    }

    async fn work(self: Arc<Self>) -> Results {
        let mut results = Results::default();
        loop {
            let call = self.next.fetch_add(1, Relaxed);
            if call >= self.calls {
                return results;
            }
            if call == self.calls / 3 {
                self.third.notify_one();
            }
            if call == self.calls * 2 / 3 {
                self.two_thirds.notify_one();
            }
            let begun = Instant::now();
            let result = self.call(call).await;
            results.latencies.push(begun.elapsed());
            if let Err(error) = result {
                results.fail(describe(&*error));
            }
            self.progress.inc(1);
        }
    }

    /// One call: one put to two gets and a query. All of them are repeatable.
    async fn call(&self, call: u64) -> Result<(), BoxError> {
        let item = call % ITEMS;
        match call % 4 {
            0 => put(&self.client, item).await,
            1 | 2 => self.get(item).await,
            _ => self.query(item).await,
        }
    }

    async fn get(&self, item: u64) -> Result<(), BoxError> {
        let call = self
            .client
            .get_item()
            .table_name(TABLE)
            .key("id", id(item))
            .consistent_read(true);
        match call.send().await?.item {
            Some(found) if found.get("value") == Some(&value(item)) => Ok(()),
            found => Err(format!("item {item} came back as {found:?}").into()),
        }
    }

    async fn query(&self, item: u64) -> Result<(), BoxError> {
        let call = self
            .client
            .query()
            .table_name(TABLE)
            .key_condition_expression("id = :id");
        let found = call
            .expression_attribute_values(":id", id(item))
            .send()
            .await?;
        match found.items() {
            [one] if one.get("value") == Some(&value(item)) => Ok(()),
            other => Err(format!("a query for item {item} found {other:?}").into()),
        }
    }
}

impl Results {
    fn add(&mut self, part: Self) {
        self.latencies.extend(part.latencies);
        self.failed += part.failed;
        self.failures.extend(part.failures);
        self.failures.truncate(5);
    }

    fn fail(&mut self, failure: String) {
        self.failed += 1;
        if self.failures.len() < 5 {
            self.failures.push(failure);
        }
    }
}

async fn create_table(client: &Client) -> Result<(), BoxError> {
    let key = KeySchemaElement::builder()
        .attribute_name("id")
        .key_type(KeyType::Hash)
        .build()?;
    let id = AttributeDefinition::builder();
    let id = id
        .attribute_name("id")
        .attribute_type(ScalarAttributeType::S)
        .build()?;
    let call = client
        .create_table()
        .table_name(TABLE)
        .key_schema(key)
        .attribute_definitions(id);
    match call.billing_mode(BillingMode::PayPerRequest).send().await {
        Ok(_) => Ok(()),
        Err(error)
            if error
                .as_service_error()
                .is_some_and(|e| e.is_resource_in_use_exception()) =>
        {
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

async fn put(client: &Client, item: u64) -> Result<(), BoxError> {
    let call = client
        .put_item()
        .table_name(TABLE)
        .item("id", id(item))
        .item("value", value(item));
    call.send().await?;
    Ok(())
}

fn id(item: u64) -> AttributeValue {
    AttributeValue::S(format!("item-{item}"))
}

fn value(item: u64) -> AttributeValue {
    AttributeValue::S(format!(
        "the value of {item}, and some more to make a packet of it"
    ))
}

/// An error with its causes, since the SDK's own words are only "dispatch failure".
fn describe(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    causes
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

fn progress(args: &Args) -> ProgressBar {
    let progress = ProgressBar::with_draw_target(Some(args.calls), ProgressDrawTarget::stderr());
    if args.json {
        progress.set_draw_target(ProgressDrawTarget::hidden());
    }
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} calls, {per_sec}") {
        progress.set_style(style);
    }
    progress
}
