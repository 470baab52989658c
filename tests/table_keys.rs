//! What a table's partition key is called is learned once beside the calls, or given and never asked for; and
//! whatever is wrong with a key, the write is served as if nobody had looked.
#![allow(clippy::unwrap_used, reason = "a failed expectation is the report")]

use tower_muster_alternator::{
    Config, Stack,
    affinity::{KeyHash, Mode, TableKeys},
};
use tower_muster_testkit::TestCluster;
use tower_muster_tests::{
    Answer, InOrder, Recorder, Result, Sent, Table, ask, config, credentials, load, operation,
    signature_failures, signing_sdk, start, until,
};

const SIX: &str = "dc1:rack1=3,rack2=3";

struct Scene {
    cluster: TestCluster,
    client: Recorder,
    stack: Stack<Recorder>,
}

fn create(table: &str, key: &str) -> String {
    format!(
        r#"{{"TableName":"{table}","BillingMode":"PAY_PER_REQUEST",
            "KeySchema":[{{"AttributeName":"{key}","KeyType":"HASH"}}],
            "AttributeDefinitions":[{{"AttributeName":"{key}","AttributeType":"S"}}]}}"#
    )
}

fn put(table: &str, item: &str) -> String {
    format!(r#"{{"TableName":"{table}","Item":{item}}}"#)
}

fn signs(cluster: &TestCluster) -> Config {
    let config = config(cluster).credentials(credentials(), "us-east-1");
    config.policy(InOrder).affinity(Mode::AnyWrite)
}

impl Scene {
    /// Starts six nodes with a table each of the names; what is not sent by its key goes to the first node.
    async fn start(tables: &[&str], keys: TableKeys) -> Result<Self> {
        let cluster = start(SIX).await;
        let client = Recorder::new();
        let stack = signs(&cluster)
            .table_keys(keys)
            .build_over(client.clone())?;
        let scene = Self {
            cluster,
            client,
            stack,
        };
        for table in tables {
            scene.served("CreateTable", &create(table, "k")).await?;
        }
        scene.client.clear();
        Ok(scene)
    }

    async fn call(&self, name: &str, body: &str) -> Result<Answer> {
        ask(self.stack.service(), operation(name, body.to_owned())).await
    }

    async fn served(&self, name: &str, body: &str) -> Result {
        let answer = self.call(name, body).await?;
        assert_eq!(answer.status, 200, "{name} {body}: {}", answer.text());
        Ok(())
    }

    /// How often the cluster was asked for a table.
    fn descriptions(&self) -> Vec<Sent> {
        let asks = |sent: &Sent| sent.header("x-amz-target").ends_with(".DescribeTable");
        self.client.sent().into_iter().filter(asks).collect()
    }

    /// Puts until it goes to the node of the key `key` of the attribute `name`.
    async fn until_by_key(&self, table: &str, name: &str) {
        let nodes = self.cluster.nodes();
        // A key whose node is not the one that all else goes to.
        let by = |key: &String| KeyHash::string(key).preferred(nodes.len()).unwrap();
        let key = (0..)
            .map(|n: u32| n.to_string())
            .find(|key| by(key) > 0)
            .unwrap();
        let node = &nodes[by(&key)];
        let item = format!(r#"{{"{name}":{{"S":"{key}"}}}}"#);
        until("the key is known", async || {
            let before = node.counters().executed;
            self.served("PutItem", &put(table, &item)).await.unwrap();
            node.counters().executed > before
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_table_is_asked_for_once_however_many_write_to_it() -> Result {
    let scene = Scene::start(&["one", "two"], TableKeys::new()).await?;
    let service = scene.stack.service();
    let writes = load(400, 16, move |n| {
        let table = ["one", "two"][n % 2];
        let item = format!(r#"{{"k":{{"S":"{n}"}}}}"#);
        let write = operation("PutItem", put(table, &item));
        let service = service.clone();
        async move { ask(service, write).await }
    });
    for answer in writes.await {
        let answer = answer?;
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    for table in ["one", "two"] {
        scene.until_by_key(table, "k").await;
    }
    let asked = scene.descriptions();
    assert_eq!(asked.len(), 2, "{asked:?}");
    for ask in &asked {
        assert!(!ask.header("authorization").is_empty(), "it is signed");
    }
    assert_eq!(signature_failures(&scene.cluster), 0);
    Ok(())
}

#[tokio::test]
async fn a_table_that_is_given_is_never_asked_for() -> Result {
    let keys = TableKeys::new().given("given", "k")?;
    let scene = Scene::start(&["given", "learned"], keys).await?;
    scene.until_by_key("given", "k").await;
    assert_eq!(
        scene.client.sent().len(),
        1,
        "the very first write goes by its key"
    );
    for n in 0..20 {
        let item = format!(r#"{{"k":{{"S":"{n}"}}}}"#);
        scene.served("PutItem", &put("given", &item)).await?;
    }
    assert_eq!(scene.descriptions().len(), 0);
    scene.until_by_key("learned", "k").await;
    assert_eq!(scene.descriptions().len(), 1, "the other one is");
    Ok(())
}

#[tokio::test]
async fn reads_and_writes_that_the_mode_does_not_take_ask_for_nothing() -> Result {
    let cluster = start(SIX).await;
    let client = Recorder::new();
    let stack = signs(&cluster).affinity(Mode::ReadModifyWrite);
    let stack = stack.build_over(client.clone())?;
    let scene = Scene {
        cluster,
        client,
        stack,
    };
    scene.served("CreateTable", &create("table", "k")).await?;
    for _ in 0..5 {
        scene
            .served("PutItem", &put("table", r#"{"k":{"S":"1"}}"#))
            .await?;
        scene
            .served("GetItem", r#"{"TableName":"table","Key":{"k":{"S":"1"}}}"#)
            .await?;
        scene.served("Scan", r#"{"TableName":"table"}"#).await?;
    }
    assert_eq!(scene.descriptions().len(), 0);
    let add = r#"{"TableName":"table","Key":{"k":{"S":"1"}},"UpdateExpression":"ADD n :n",
        "ExpressionAttributeValues":{":n":{"N":"1"}}}"#;
    scene.served("UpdateItem", add).await?;
    until("it is asked for", async || scene.descriptions().len() == 1).await;
    Ok(())
}

#[tokio::test]
async fn a_stack_under_an_sdk_that_signs_may_not_ask_and_serves_all_the_same() -> Result {
    let cluster = start(SIX).await;
    let stack = config(&cluster).signed_above().affinity(Mode::AnyWrite);
    let stack = stack.build()?;
    let table = Table::create(signing_sdk(stack.http_client())).await?;
    for n in 0..50 {
        table.put(&n.to_string(), "v").await?;
        table.add(&n.to_string()).await?;
    }
    let refused = signature_failures(&cluster);
    assert!(refused <= 2, "{refused} questions without a signature");
    let nodes = stack.cluster().nodes();
    assert!(
        nodes.iter().all(|node| !node.is_set_aside()),
        "nobody is blamed"
    );
    Ok(())
}

#[tokio::test]
async fn a_stack_under_an_sdk_that_signs_asks_a_cluster_that_tells_everybody() -> Result {
    let cluster = TestCluster::builder().topology(SIX).start().await?;
    let stack = config(&cluster).signed_above().affinity(Mode::AnyWrite);
    let stack = stack.policy(InOrder).build()?;
    let table = Table::create(signing_sdk(stack.http_client())).await?;
    let nodes = cluster.nodes();
    let mut keys = (0..).map(|n: u32| n.to_string());
    let key = keys
        .find(|key| KeyHash::string(key).preferred(nodes.len()) == Some(3))
        .unwrap();
    until("the key is known", async || {
        table.put(&key, "v").await.unwrap();
        nodes[3].counters().executed > 0
    })
    .await;
    Ok(())
}

#[tokio::test]
async fn a_write_whose_key_is_wrong_gets_the_nodes_own_answer() -> Result {
    let keys = TableKeys::new().given("table", "k")?.given("none", "k")?;
    let scene = Scene::start(&["table", "users"], keys).await?;
    for (name, body, told) in [
        (
            "PutItem",
            put("table", r#"{"k":{"N":"1"}}"#),
            "ValidationException",
        ),
        (
            "PutItem",
            put("table", r#"{"k":{"BOOL":true}}"#),
            "ValidationException",
        ),
        ("PutItem", put("table", r#"{"k":{}}"#), "Exception"),
        ("PutItem", put("table", r#"{"k":7}"#), "Exception"),
        (
            "PutItem",
            put("table", r#"{"other":{"S":"1"}}"#),
            "ValidationException",
        ),
        ("PutItem", put("table", "{}"), "ValidationException"),
        ("PutItem", put("table", "[1,2"), "Exception"),
        ("PutItem", String::new(), "Exception"),
        (
            "PutItem",
            put("none", r#"{"k":{"S":"1"}}"#),
            "ResourceNotFoundException",
        ),
        (
            "PutItem",
            put("nowhere", r#"{"k":{"S":"1"}}"#),
            "ResourceNotFoundException",
        ),
        ("PutItem", put("", r#"{"k":{"S":"1"}}"#), "Exception"),
        (
            "NoSuchItem",
            put("table", r#"{"k":{"S":"1"}}"#),
            "UnknownOperationException",
        ),
    ] {
        let answer = scene.call(name, &body).await?;
        assert_eq!(answer.status, 400, "{name} {body}: {}", answer.text());
        assert!(
            answer.text().contains(told),
            "{name} {body}: {}",
            answer.text()
        );
    }
    let nodes = scene.stack.cluster().nodes();
    assert!(
        nodes.iter().all(|node| !node.is_set_aside()),
        "nobody is blamed"
    );
    scene.until_by_key("table", "k").await;
    scene.until_by_key("users", "k").await;
    Ok(())
}

#[tokio::test]
async fn a_key_that_is_a_number_or_bytes_has_its_node_too() -> Result {
    let keys = TableKeys::new()
        .given("numbers", "k")?
        .given("bytes", "k")?;
    let scene = Scene::start(&[], keys).await?;
    for (table, kind) in [("numbers", "N"), ("bytes", "B")] {
        let body = create(table, "k").replace(
            r#"AttributeType":"S""#,
            &format!(r#"AttributeType":"{kind}""#),
        );
        scene.served("CreateTable", &body).await?;
    }
    scene.client.clear();
    let nodes = scene.cluster.nodes();
    for n in 0..12_u8 {
        let bytes = [b'a' + n; 3];
        // The base64 of three bytes that are the same.
        let base64 = [
            "YWFh", "YmJi", "Y2Nj", "ZGRk", "ZWVl", "ZmZm", "Z2dn", "aGho", "aWlp", "ampq", "a2tr",
            "bGxs",
        ];
        for (table, kind, text, hash) in [
            (
                "numbers",
                "N",
                n.to_string(),
                KeyHash::number(&n.to_string()),
            ),
            (
                "bytes",
                "B",
                base64[usize::from(n)].to_owned(),
                KeyHash::binary(&bytes),
            ),
        ] {
            let item = format!(r#"{{"k":{{"{kind}":"{text}"}}}}"#);
            scene.served("PutItem", &put(table, &item)).await?;
            let node = &nodes[hash.preferred(nodes.len()).unwrap()];
            let went = scene.client.sent()[0].uri.authority().unwrap().to_string();
            assert_eq!(went, node.address().to_string(), "{table} {item}");
            scene.client.clear();
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_table_that_is_made_anew_with_another_key_is_served_and_learned_again() -> Result {
    let scene = Scene::start(&["table"], TableKeys::new()).await?;
    // Another program, which will not see what becomes of the table.
    let client = Recorder::new();
    let other = signs(&scene.cluster).build_over(client.clone())?;
    let other = Scene {
        cluster: start("dc1:rack1=1").await,
        client,
        stack: other,
    };
    scene.until_by_key("table", "k").await;
    other
        .served("PutItem", &put("table", r#"{"k":{"S":"1"}}"#))
        .await?;
    until("the other program has learned it", async || {
        other.descriptions().len() == 1
    })
    .await;

    scene
        .served("DeleteTable", r#"{"TableName":"table"}"#)
        .await?;
    scene.served("CreateTable", &create("table", "id")).await?;

    for n in 0..20 {
        let item = format!(r#"{{"id":{{"S":"{n}"}},"k":{{"S":"no key any more"}}}}"#);
        other.served("PutItem", &put("table", &item)).await?;
        scene.served("PutItem", &put("table", &item)).await?;
    }
    scene.until_by_key("table", "id").await;
    assert_eq!(
        scene.descriptions().len(),
        2,
        "once for each of the two tables"
    );
    Ok(())
}
