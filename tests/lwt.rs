//! Conditional writes of many clients to one key meet at one node and do not collide; whatever happens to that
//! node, nothing is lost and nothing is applied twice.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]

use aws_sdk_dynamodb::types::AttributeValue;
use tower_muster_alternator::{
    Config,
    affinity::{KeyHash, Mode, TableKeys},
};
use tower_muster_testkit::TestCluster;
use tower_muster_tests::{
    Failure, Result, Table, config, credentials, load, start, unsigned_sdk, until,
};

const SIX: &str = "dc1:rack1=3,rack2=3";
const KEY: &str = "the counter";
const TASKS: usize = 16;
const CALLS: usize = 320;

fn number(n: u64) -> AttributeValue {
    AttributeValue::N(n.to_string())
}

/// What became of one increment.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
enum Became {
    Applied,
    /// Another task was first, which is no failure.
    Lost,
    /// Nobody can tell.
    Unknown,
}

/// Reads the counter and writes one more, on the condition that nobody has written since.
async fn increment(table: &Table) -> Result<Became, Failure> {
    let seen = table.count(KEY).await?;
    let update = table.client().update_item().table_name("things");
    let update = update
        .key("k", AttributeValue::S(KEY.to_owned()))
        .update_expression("SET n = :next")
        .condition_expression("n = :seen")
        .expression_attribute_values(":next", number(seen + 1))
        .expression_attribute_values(":seen", number(seen));
    match update.send().await.map_err(Failure::from) {
        Ok(_) => Ok(Became::Applied),
        Err(failure) if failure.code() == Some("ConditionalCheckFailedException") => {
            Ok(Became::Lost)
        }
        Err(failure) if failure.is_ambiguous() => Ok(Became::Unknown),
        Err(failure) => Err(failure),
    }
}

struct Scene {
    cluster: TestCluster,
    /// Each program has its own.
    tables: Vec<Table>,
}

impl Scene {
    /// Starts six nodes, and four programs that write through them.
    async fn start(with: impl Fn(Config) -> Result<Config>) -> Result<Self> {
        let cluster = start(SIX).await;
        let stack = || {
            let config = config(&cluster).credentials(credentials(), "us-east-1");
            with(config)?
                .http_client()
                .map_err(tower_muster_tests::Error::from)
        };
        let first = Table::create(unsigned_sdk(stack()?)).await?;
        first.add(KEY).await?;
        let mut tables = vec![first];
        for _ in 0..3 {
            tables.push(Table::of(unsigned_sdk(stack()?)));
        }
        Ok(Self { cluster, tables })
    }

    /// Has the tasks of all programs increment, and something happen in the middle.
    async fn increments(&self, in_the_middle: impl Fn(&TestCluster)) -> Result<[u64; 3]> {
        let half = self.calls(CALLS / 2).await?;
        let (other, ()) = tokio::join!(self.calls(CALLS / 2), async {
            // In the middle of the load: once a tenth of it is done.
            let attempts = || {
                self.cluster
                    .nodes()
                    .iter()
                    .map(|node| node.counters().attempts)
                    .sum::<u64>()
            };
            let before = attempts();
            until("the load runs", async || {
                attempts() > before + CALLS as u64 / 10
            })
            .await;
            in_the_middle(&self.cluster);
        });
        let all = [half, other?].concat();
        let count = |what| all.iter().filter(|became| **became == what).count() as u64;
        Ok([
            count(Became::Applied),
            count(Became::Lost),
            count(Became::Unknown),
        ])
    }

    async fn calls(&self, calls: usize) -> Result<Vec<Became>, Failure> {
        let tables = self.tables.clone();
        let results = load(calls, TASKS, move |n| {
            let table = tables[n % tables.len()].clone();
            async move { increment(&table).await }
        });
        results.await.into_iter().collect()
    }

    fn conflicts(&self) -> u64 {
        let nodes = self.cluster.nodes().iter();
        nodes.map(|node| node.counters().conflicts).sum()
    }

    async fn value(&self) -> Result<u64> {
        // One was there at the beginning.
        Ok(self.tables[0].count(KEY).await? - 1)
    }
}

fn by_key(config: Config) -> Result<Config> {
    let tables = TableKeys::new().given("things", "k")?;
    Ok(config.affinity(Mode::ReadModifyWrite).table_keys(tables))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_affinity_the_writes_of_all_programs_do_not_collide() -> Result {
    let scene = Scene::start(by_key).await?;
    let [applied, lost, unknown] = scene.increments(|_| {}).await?;
    assert_eq!(applied + lost, CALLS as u64);
    assert!(applied > 0 && lost > 0, "{applied} applied, {lost} lost");
    assert_eq!((scene.conflicts(), unknown), (0, 0));
    assert_eq!(scene.value().await?, applied);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_affinity_they_do_and_nothing_is_lost_or_applied_twice() -> Result {
    let scene = Scene::start(Ok).await?;
    let [applied, lost, unknown] = scene.increments(|_| {}).await?;
    assert_eq!(applied + lost + unknown, CALLS as u64);
    assert!(scene.conflicts() > 0, "the premise of affinity");
    assert_eq!(
        unknown,
        scene.conflicts(),
        "the cluster says so, and nobody tries again"
    );
    assert_eq!(
        scene.value().await?,
        applied,
        "those that collided were not carried out"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_the_keys_node_is_killed_no_increment_is_lost_or_applied_twice() -> Result {
    let scene = Scene::start(by_key).await?;
    let nodes = scene.cluster.nodes();
    let preferred = &nodes[KeyHash::string(KEY).preferred(nodes.len()).unwrap()];
    let [applied, lost, unknown] = scene.increments(|_| preferred.kill()).await?;
    assert_eq!(applied + lost + unknown, CALLS as u64);
    assert!(applied > 0, "{lost} lost, {unknown} unknown");
    // What was in flight at the node, and what programs that see it go one after another do to each other.
    let conflicts = scene.conflicts();
    assert!(
        unknown <= conflicts + TASKS as u64,
        "{unknown} in doubt, {conflicts} collided"
    );
    let value = scene.value().await?;
    assert!(
        (applied..=applied + unknown).contains(&value),
        "{applied} applied and {unknown} in doubt, and it is {value}"
    );
    let executed = nodes.iter().filter(|node| node.counters().executed > 0);
    assert!(executed.count() > 1, "others have gone on");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn plain_adds_of_all_programs_are_each_applied_once() -> Result {
    let scene = Scene::start(by_key).await?;
    let tables = scene.tables.clone();
    let adds = load(CALLS, TASKS, move |n| {
        let table = tables[n % tables.len()].clone();
        async move { table.add(KEY).await }
    });
    for result in adds.await {
        result?;
    }
    assert_eq!(scene.conflicts(), 0);
    assert_eq!(scene.value().await?, CALLS as u64);
    Ok(())
}
