//! Writes of one key meet at one node, those that the mode takes and no others; reads stay where they were.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]

use std::collections::HashSet;

use tower_muster::Scope;
use tower_muster_alternator::{
    Config, Stack,
    affinity::{KeyHash, Mode, PartitionKeys, TableKeys},
};
use tower_muster_testkit::{TestCluster, TestNode};
use tower_muster_tests::{
    DATACENTER, InOrder, Recorder, Result, Table, ask, config, credentials, get, operation, put,
    signature_failures, signing_sdk, sources, start, unsigned_sdk, until,
};

const SIX: &str = "dc1:rack1=3,rack2=3";

struct Scene {
    cluster: TestCluster,
    client: Recorder,
    stack: Stack<Recorder>,
    table: Table,
}

fn signs(cluster: &TestCluster) -> Config {
    config(cluster).credentials(credentials(), "us-east-1")
}

fn known() -> Result<TableKeys> {
    Ok(TableKeys::new().given("things", "k")?)
}

impl Scene {
    /// Starts six nodes; what is not sent by its key goes to the first of them.
    async fn start(mode: Mode) -> Result<Self> {
        let cluster = start(SIX).await;
        let client = Recorder::new();
        let config = signs(&cluster).policy(InOrder).affinity(mode);
        let stack = config.table_keys(known()?).build_over(client.clone())?;
        let table = Table::create(unsigned_sdk(stack.http_client())).await?;
        client.clear();
        Ok(Self {
            cluster,
            client,
            stack,
            table,
        })
    }

    /// The nodes that a key's writes try, in order.
    fn plan(&self, key: &str) -> Vec<&TestNode> {
        let nodes = self.cluster.nodes();
        let order = KeyHash::string(key).order(nodes.len());
        order.map(|nth| &nodes[nth]).collect()
    }

    /// A key whose node is not the one that all else goes to.
    fn key(&self) -> String {
        let mut keys = (0..).map(|n: u32| n.to_string());
        let is_elsewhere = |key: &String| self.plan(key)[0].url() != self.cluster.nodes()[0].url();
        keys.find(is_elsewhere).unwrap()
    }

    /// Where the operations went since the last time, in order.
    fn went(&self) -> Vec<String> {
        let sent = self.client.sent();
        self.client.clear();
        let urls = sent.iter().map(|sent| sent.uri.authority().unwrap());
        urls.map(|node| format!("http://{node}")).collect()
    }
}

/// Each operation on a key, and in which of the modes it goes to the key's node.
#[rustfmt::skip]
fn operations(key: &str) -> Vec<(&'static str, String, bool, bool)> {
    let item = |more: &str| format!(r#"{{"TableName":"things","Item":{{"k":{{"S":"{key}"}}}}{more}}}"#);
    let keyed = |more: &str| format!(r#"{{"TableName":"things","Key":{{"k":{{"S":"{key}"}}}}{more}}}"#);
    let guard = r#","ConditionExpression":"attribute_exists(k) OR attribute_not_exists(k)""#;
    let expected = r#","Expected":{"none":{"Exists":false}}"#;
    let (old, none) = (r#","ReturnValues":"ALL_OLD""#, r#","ReturnValues":"NONE""#);
    let set = r#","UpdateExpression":"SET a = :a","ExpressionAttributeValues":{":a":{"S":"1"}}"#;
    let to = |action: &str, value: &str| format!(r#","AttributeUpdates":{{"u":{{"Action":"{action}"{value}}}}}"#);
    let (string, set_of) = (r#","Value":{"S":"1"}"#, r#","Value":{"SS":["1"]}"#);
    let returning = |values: &str| to("PUT", set_of) + r#","ReturnValues":""# + values + "\"";
    let mut all = Vec::new();
    for (more, is_rmw) in [("", false), (guard, true), (expected, true), (old, true), (none, false)] {
        all.push(("PutItem", item(more), is_rmw, true));
        all.push(("DeleteItem", keyed(more), is_rmw, true));
    }
    for (more, is_rmw) in [
        (set.to_owned(), true),
        (to("PUT", set_of), false),
        (to("ADD", set_of), true),
        (to("DELETE", set_of), true),
        (to("DELETE", ""), false),
        (to("PUT", string), false),
        (returning("ALL_OLD"), true),
        (returning("UPDATED_OLD"), true),
        (returning("ALL_NEW"), true),
        (returning("UPDATED_NEW"), false),
        (returning("NONE"), false),
    ] {
        all.push(("UpdateItem", keyed(&more), is_rmw, true));
    }
    let batch = |write: &str| format!(r#"{{"RequestItems":{{"things":[{write}]}}}}"#);
    let one = format!(r#"{{"k":{{"S":"{key}"}}}}"#);
    all.push(("BatchWriteItem", batch(&format!(r#"{{"PutRequest":{{"Item":{one}}}}}"#)), false, true));
    all.push(("BatchWriteItem", batch(&format!(r#"{{"DeleteRequest":{{"Key":{one}}}}}"#)), false, true));
    let reads = [
        ("GetItem", keyed("")),
        ("Scan", r#"{"TableName":"things"}"#.to_owned()),
        ("Query", format!(r#"{{"TableName":"things","KeyConditionExpression":"k = :k","ExpressionAttributeValues":{{":k":{{"S":"{key}"}}}}}}"#)),
        ("BatchGetItem", format!(r#"{{"RequestItems":{{"things":{{"Keys":[{one}]}}}}}}"#)),
        ("DescribeTable", r#"{"TableName":"things"}"#.to_owned()),
    ];
    all.extend(reads.map(|(name, body)| (name, body, false, false)));
    all
}

#[tokio::test]
async fn those_writes_go_to_the_node_of_their_key_that_the_mode_takes() -> Result {
    for mode in [Mode::ReadModifyWrite, Mode::AnyWrite] {
        let scene = Scene::start(mode).await?;
        let key = scene.key();
        for (name, body, is_rmw, is_any) in operations(&key) {
            let by_key = match mode {
                Mode::AnyWrite => is_any,
                _ => is_rmw,
            };
            let expected = match by_key {
                true => scene.plan(&key)[0],
                false => &scene.cluster.nodes()[0],
            };
            let answer = ask(scene.stack.service(), operation(name, body.clone())).await?;
            assert_eq!(answer.status, 200, "{name} {body}: {}", answer.text());
            assert_eq!(scene.went(), [expected.url()], "{mode:?}: {name} {body}");
        }
        assert_eq!(signature_failures(&scene.cluster), 0);
    }
    Ok(())
}

#[tokio::test]
async fn an_sdk_has_affinity_that_signs_and_one_that_does_not() -> Result {
    for sdk_signs in [true, false] {
        let scene = Scene::start(Mode::AnyWrite).await?;
        let signed = config(&scene.cluster)
            .policy(InOrder)
            .affinity(Mode::AnyWrite);
        let signed = signed.table_keys(known()?).signed_above();
        let signed = signed.build_over(scene.client.clone())?;
        let table = match sdk_signs {
            true => Table::of(signing_sdk(signed.http_client())),
            false => scene.table.clone(),
        };
        for n in 0..20 {
            let key = n.to_string();
            let preferred = scene.plan(&key)[0].url();
            table.put(&key, "v").await?;
            table.add(&key).await?;
            table.delete(&key).await?;
            assert_eq!(scene.went(), vec![preferred; 3]);
            table.get(&key).await?;
            assert_eq!(scene.went(), [scene.cluster.nodes()[0].url()]);
        }
        assert_eq!(signature_failures(&scene.cluster), 0);
    }
    Ok(())
}

#[tokio::test]
async fn clients_in_two_racks_write_a_key_at_one_node_and_read_at_home() -> Result {
    let cluster = start(SIX).await;
    let mut tables = Vec::new();
    for rack in ["rack1", "rack2"] {
        let client = Recorder::new();
        let stack = signs(&cluster)
            .rack(DATACENTER, rack)
            .affinity(Mode::AnyWrite);
        let stack = stack.table_keys(known()?).build_over(client.clone())?;
        let table = match tables.is_empty() {
            true => Table::create(unsigned_sdk(stack.http_client())).await?,
            false => Table::of(unsigned_sdk(stack.http_client())),
        };
        tables.push((rack, client, table));
    }
    let mut used = HashSet::new();
    for n in 0..30 {
        let mut nodes = HashSet::new();
        for (rack, client, table) in &tables {
            client.clear();
            table.put(&n.to_string(), rack).await?;
            nodes.extend(
                client
                    .sent()
                    .iter()
                    .map(|sent| sent.uri.authority().cloned()),
            );
            client.clear();
            assert_eq!(table.get(&n.to_string()).await?.as_deref(), Some(*rack));
            let read = client.sent()[0].uri.authority().unwrap().to_string();
            assert_eq!(cluster.node(&read).unwrap().rack(), *rack);
        }
        assert_eq!(nodes.len(), 1, "key {n} is written at {nodes:?}");
        used.extend(nodes);
    }
    assert_eq!(used.len(), 6, "every node has keys");
    Ok(())
}

#[tokio::test]
async fn a_keys_writes_go_to_the_next_node_while_the_first_is_out_and_return() -> Result {
    let scene = Scene::start(Mode::AnyWrite).await?;
    let key = scene.key();
    let [first, second, ..] = scene.plan(&key)[..] else {
        panic!()
    };
    scene.table.put(&key, "0").await?;
    scene.went();
    first.kill();
    for n in 0..20 {
        scene.table.put(&key, &n.to_string()).await?;
        assert_eq!(scene.went().last(), Some(&second.url()), "write {n}");
    }
    first.restart().await?;
    until("the key's writes have returned", async || {
        scene.table.put(&key, "home").await.unwrap();
        scene.went() == [first.url()]
    })
    .await;
    assert_eq!(scene.table.get(&key).await?.as_deref(), Some("home"));
    Ok(())
}

#[tokio::test]
async fn a_write_that_is_refused_goes_along_the_keys_plan() -> Result {
    let scene = Scene::start(Mode::AnyWrite).await?;
    for n in 0..5 {
        let key = n.to_string();
        let plan = scene.plan(&key);
        for node in &plan[..3] {
            node.refuse();
        }
        // Also one that may not be repeated: it was carried out nowhere.
        scene.table.add(&key).await?;
        let expected: Vec<_> = plan[..4].iter().map(|node| node.url()).collect();
        assert_eq!(scene.went(), expected, "key {key}");
        scene.cluster.nodes().iter().for_each(TestNode::heal);
        assert_eq!(scene.table.count(&key).await?, 1);
        // Nobody is out for the next key's first attempts.
        until("all are trusted", async || {
            let nodes = scene.stack.cluster().nodes();
            for key in (0..40).map(|n| format!("other {n}")) {
                scene.table.put(&key, "v").await.unwrap();
            }
            nodes.iter().all(|node| !node.is_set_aside())
        })
        .await;
        scene.went();
    }
    Ok(())
}

#[tokio::test]
async fn a_request_may_name_its_keys_itself() -> Result {
    let scene = Scene::start(Mode::AnyWrite).await?;
    let key = scene.key();
    let mut read = operation("GetItem", get("something else"));
    read.extensions_mut()
        .insert(PartitionKeys::of(KeyHash::string(&key)));
    assert_eq!(ask(scene.stack.service(), read).await?.status, 200);
    assert_eq!(scene.went(), [scene.plan(&key)[0].url()]);

    let mut write = operation("PutItem", put(&key, "v"));
    write.extensions_mut().insert(PartitionKeys::none());
    assert_eq!(ask(scene.stack.service(), write).await?.status, 200);
    assert_eq!(scene.went(), [scene.cluster.nodes()[0].url()]);
    Ok(())
}

#[tokio::test]
async fn in_a_rack_without_a_fallback_reads_stay_and_only_writes_by_key_leave() -> Result {
    let cluster = start(SIX).await;
    let client = Recorder::new();
    let strict = Scope::rack(DATACENTER, "rack1");
    let stack = signs(&cluster)
        .scope(strict)
        .affinity(Mode::ReadModifyWrite);
    let stack = stack.table_keys(known()?).build_over(client.clone())?;
    let table = Table::create(unsigned_sdk(stack.http_client())).await?;
    client.clear();
    for n in 0..20 {
        table.put(&n.to_string(), "v").await?;
        table.get(&n.to_string()).await?;
    }
    let is_home = |sent: &tower_muster_tests::Sent| {
        let node = sent.uri.authority().unwrap();
        cluster.node(node.as_str()).unwrap().rack() == "rack1"
    };
    assert!(
        client.sent().iter().all(is_home),
        "a read or a plain put has left"
    );
    client.clear();
    for n in 0..20 {
        table.add(&n.to_string()).await?;
    }
    assert!(
        !client.sent().iter().all(is_home),
        "a key's node is one of the datacenter"
    );

    let home = cluster.rack(DATACENTER, "rack1");
    home.into_iter().for_each(TestNode::kill);
    let failure = table.get("1").await.unwrap_err();
    assert!(
        failure.stack().is_some() && sources(&failure).count() > 1,
        "{failure}"
    );
    // Its key's node, or the next one that is there.
    for n in 0..5 {
        table.add(&format!("later {n}")).await?;
    }
    Ok(())
}
