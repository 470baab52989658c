//! A batch goes to the node that most of its keys are written at, whatever their order and wherever the
//! tables are; a tie goes to the first node; a batch without known keys goes anywhere.
#![allow(clippy::unwrap_used, reason = "a failed expectation is the report")]

use tower_muster_alternator::{
    Stack,
    affinity::{KeyHash, Mode, TableKeys},
};
use tower_muster_testkit::TestCluster;
use tower_muster_tests::{InOrder, Recorder, Result, ask, config, credentials, operation, start};

struct Scene {
    cluster: TestCluster,
    client: Recorder,
    stack: Stack<Recorder>,
}

impl Scene {
    /// Starts four nodes and three tables, of which one is not known.
    async fn start() -> Result<Self> {
        let cluster = start("dc1:rack1=2,rack2=2").await;
        let client = Recorder::new();
        let keys = TableKeys::new().given("table", "k")?.given("users", "id")?;
        let stack = config(&cluster).credentials(credentials(), "us-east-1");
        let stack = stack
            .policy(InOrder)
            .affinity(Mode::AnyWrite)
            .table_keys(keys);
        let stack = stack.build_over(client.clone())?;
        for (table, key) in [("table", "k"), ("users", "id"), ("visits", "p")] {
            let body = format!(
                r#"{{"TableName":"{table}","BillingMode":"PAY_PER_REQUEST",
                    "KeySchema":[{{"AttributeName":"{key}","KeyType":"HASH"}}],
                    "AttributeDefinitions":[{{"AttributeName":"{key}","AttributeType":"S"}}]}}"#
            );
            let answer = ask(stack.service(), operation("CreateTable", body)).await?;
            assert_eq!(answer.status, 200, "{}", answer.text());
        }
        client.clear();
        Ok(Self {
            cluster,
            client,
            stack,
        })
    }

    /// The `nth` key that is written at a node.
    fn key(&self, node: usize, nth: usize) -> String {
        let count = self.cluster.nodes().len();
        let is_there = |key: &String| KeyHash::string(key).preferred(count) == Some(node);
        (0..)
            .map(|n: u32| n.to_string())
            .filter(is_there)
            .nth(nth)
            .unwrap()
    }

    /// Writes a batch, and returns which node it went to.
    async fn batch(&self, tables: &[(&str, Vec<String>)]) -> Result<usize> {
        let tables = tables
            .iter()
            .map(|(table, writes)| format!(r#""{table}":[{}]"#, writes.join(",")));
        let body = format!(
            r#"{{"RequestItems":{{{}}}}}"#,
            tables.collect::<Vec<_>>().join(",")
        );
        self.client.clear();
        let answer = ask(self.stack.service(), operation("BatchWriteItem", body)).await?;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let is_batch = |target: &str| target.ends_with(".BatchWriteItem");
        let mut sent = self
            .client
            .sent()
            .into_iter()
            .filter(|sent| is_batch(sent.header("x-amz-target")));
        let node = sent.next().unwrap().uri.authority().unwrap().to_string();
        let mut nodes = self.cluster.nodes().iter();
        Ok(nodes
            .position(|other| other.address().to_string() == node)
            .unwrap())
    }
}

fn put(name: &str, key: &str) -> String {
    format!(r#"{{"PutRequest":{{"Item":{{"{name}":{{"S":"{key}"}},"v":{{"S":"1"}}}}}}}}"#)
}

fn delete(name: &str, key: &str) -> String {
    format!(r#"{{"DeleteRequest":{{"Key":{{"{name}":{{"S":"{key}"}}}}}}}}"#)
}

#[tokio::test]
async fn the_node_with_most_keys_has_the_batch_in_whatever_order_they_come() -> Result {
    let scene = Scene::start().await?;
    let votes = [(3, 0), (1, 0), (3, 1), (2, 0), (3, 2)];
    let mut writes: Vec<_> = votes
        .iter()
        .map(|(node, nth)| put("k", &scene.key(*node, *nth)))
        .collect();
    for _ in 0..votes.len() {
        assert_eq!(scene.batch(&[("table", writes.clone())]).await?, 3);
        writes.rotate_left(1);
    }
    writes.reverse();
    assert_eq!(scene.batch(&[("table", writes)]).await?, 3);
    Ok(())
}

#[tokio::test]
async fn deletes_and_other_tables_vote_as_well() -> Result {
    let scene = Scene::start().await?;
    let one = put("k", &scene.key(1, 0));
    let two = [delete("k", &scene.key(2, 0)), delete("k", &scene.key(2, 1))];
    assert_eq!(
        scene
            .batch(&[("table", [std::slice::from_ref(&one), &two[..]].concat())])
            .await?,
        2
    );
    let other = vec![
        put("id", &scene.key(3, 0)),
        put("id", &scene.key(3, 1)),
        delete("id", &scene.key(3, 2)),
    ];
    let both = [("table", [&[one], &two[..]].concat()), ("users", other)];
    assert_eq!(scene.batch(&both).await?, 3);
    Ok(())
}

#[tokio::test]
async fn of_as_many_votes_those_for_the_first_node_win() -> Result {
    let scene = Scene::start().await?;
    for (one, two) in [(1, 3), (3, 1), (2, 1), (3, 2)] {
        let writes = vec![put("k", &scene.key(one, 0)), put("k", &scene.key(two, 0))];
        assert_eq!(scene.batch(&[("table", writes)]).await?, one.min(two));
    }
    Ok(())
}

#[tokio::test]
async fn a_table_that_is_not_known_has_no_vote_until_it_is() -> Result {
    let scene = Scene::start().await?;
    let unknown = vec![put("p", &scene.key(3, 0)), put("p", &scene.key(3, 1))];
    assert_eq!(
        scene.batch(&[("visits", unknown.clone())]).await?,
        0,
        "where all else goes"
    );
    let one = vec![put("k", &scene.key(2, 0))];
    let both = [("table", one), ("visits", unknown)];
    tower_muster_tests::until("it is known", async || {
        scene.batch(&both).await.unwrap() == 3
    })
    .await;
    Ok(())
}

#[tokio::test]
async fn a_batch_whose_node_is_out_goes_to_the_node_with_the_next_votes() -> Result {
    let scene = Scene::start().await?;
    scene.cluster.nodes()[3].kill();
    let keys = [(3, 0), (3, 1), (3, 2), (2, 0), (2, 1), (1, 0)];
    let writes: Vec<_> = keys
        .iter()
        .map(|(node, nth)| put("k", &scene.key(*node, *nth)))
        .collect();
    let batch = [("table", writes)];
    // The first ones may try the node that is gone.
    tower_muster_tests::until("it is known to be out", async || {
        scene.batch(&batch).await.unwrap() == 2
    })
    .await;
    Ok(())
}
