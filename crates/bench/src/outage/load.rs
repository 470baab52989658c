//! Calls without a pause, in several tasks.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use aws_sdk_dynamodb::Client;
use tokio::{task::JoinSet, time::timeout};
use tower_muster::BoxError;

use crate::{
    live::{
        self, TASKS,
        table::{KEY, TABLE, string},
    },
    time,
};

/// How many items there are.
const ITEMS: usize = 256;

/// How many failures are told in words.
const TOLD: usize = 5;

/// No call takes longer: a stack gives up after 15 s.
const PATIENCE: Duration = Duration::from_secs(20);

/// The calls of all tasks. They are dropped with this.
pub(super) struct Load {
    record: Arc<Record>,
    tasks: JoinSet<()>,
}

/// What has ended since it was last asked for.
#[derive(Debug, Default)]
pub(super) struct Ended {
    pub(super) times: Vec<Duration>,
    pub(super) failed: usize,
    /// Some of the failures, in words.
    pub(super) failures: Vec<String>,
}

/// One vector for each task, so that they do not wait for each other.
struct Record {
    tasks: [Mutex<Ended>; TASKS],
    next: AtomicUsize,
    is_over: AtomicBool,
}

impl Load {
    /// Puts all items there are, and begins.
    pub(super) async fn begin(client: &Client) -> Result<Self, BoxError> {
        for item in 0..ITEMS {
            put(client, item).await?;
        }
        let record = Arc::new(Record {
            tasks: [const { Mutex::new(Ended::none()) }; TASKS],
            next: AtomicUsize::new(0),
            is_over: AtomicBool::new(false),
        });
        let mut tasks = JoinSet::new();
        for task in 0..TASKS {
            tasks.spawn(work(Arc::clone(&record), client.clone(), task));
        }
        Ok(Self { record, tasks })
    }

    /// Takes what has ended since this was last called.
    pub(super) fn take(&self) -> Ended {
        let mut all = Ended::none();
        for task in &self.record.tasks {
            let mut task = task.lock().unwrap_or_else(PoisonError::into_inner);
            let ended = std::mem::replace(&mut *task, Ended::none());
            all.add(ended);
        }
        all
    }

    /// Begins no more calls, and takes what has ended when all have.
    pub(super) async fn end(mut self) -> Result<Ended, BoxError> {
        self.record.is_over.store(true, Relaxed);
        let all = async { while self.tasks.join_next().await.is_some() {} };
        timeout(PATIENCE, all)
            .await
            .map_err(|_| "a call does not end")?;
        Ok(self.take())
    }
}

impl Ended {
    const fn none() -> Self {
        Self {
            times: Vec::new(),
            failed: 0,
            failures: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, other: Self) {
        self.times.extend(other.times);
        self.failed += other.failed;
        self.failures.extend(other.failures);
        self.failures.truncate(TOLD);
    }
}

async fn work(record: Arc<Record>, client: Client, task: usize) {
    while !record.is_over.load(Relaxed) {
        let nth = record.next.fetch_add(1, Relaxed);
        let begun = time::now();
        let result = call(&client, nth).await;
        let took = time::now() - begun;
        let mut own = record.tasks[task]
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        own.times.push(took);
        if let Err(error) = result {
            own.failed += 1;
            if own.failures.len() < TOLD {
                own.failures.push(live::describe(&*error));
            }
        }
    }
}

/// One call; nothing of it is in doubt when it is done twice.
async fn call(client: &Client, nth: usize) -> Result<(), BoxError> {
    // The items of puts and deletes come round to each other's.
    let item = nth % ITEMS;
    match nth % 5 {
        0 => put(client, item).await,
        1 | 2 => get(client, item).await,
        3 => query(client, item).await,
        _ => delete(client, item).await,
    }
}

async fn put(client: &Client, item: usize) -> Result<(), BoxError> {
    let put = client.put_item().table_name(TABLE);
    let value = format!("the value of {item}, and some more to make a packet of it");
    let put = put.item(KEY, string(id(item))).item("value", string(value));
    put.send().await?;
    Ok(())
}

async fn get(client: &Client, item: usize) -> Result<(), BoxError> {
    let get = client.get_item().table_name(TABLE);
    let get = get.key(KEY, string(id(item))).consistent_read(true);
    get.send().await?;
    Ok(())
}

async fn query(client: &Client, item: usize) -> Result<(), BoxError> {
    let query = client.query().table_name(TABLE);
    let query = query
        .key_condition_expression("id = :id")
        .expression_attribute_values(":id", string(id(item)));
    query.send().await?;
    Ok(())
}

async fn delete(client: &Client, item: usize) -> Result<(), BoxError> {
    let delete = client.delete_item().table_name(TABLE);
    delete.key(KEY, string(id(item))).send().await?;
    Ok(())
}

fn id(item: usize) -> String {
    format!("item-{item}")
}
