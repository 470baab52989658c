//! Whoever wants to learn from answers sees each of them, with its node, its table and its key; and a policy can
//! send the key's next requests where a node said that they belong.
#![allow(clippy::unwrap_used, reason = "a failed expectation is the report")]

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use http::{HeaderName, HeaderValue};
use tower_muster::{
    Policy,
    policy::{Candidate, Candidates, Route},
};
use tower_muster_alternator::{
    Config,
    affinity::{KeyHash, Mode, PartitionKeys, TableKeys},
    observe::{Observe, Seen},
};
use tower_muster_testkit::TestCluster;
use tower_muster_tests::{
    InOrder, Recorder, Result, Table, ask, config, credentials, operation, signing_sdk, start,
    unsigned_sdk,
};

const SIX: &str = "dc1:rack1=3,rack2=3";
const HINT: HeaderName = HeaderName::from_static("x-example-replica");

fn signs(cluster: &TestCluster) -> Result<Config> {
    let tables = TableKeys::new().given("things", "k")?;
    let config = config(cluster).credentials(credentials(), "us-east-1");
    Ok(config.affinity(Mode::AnyWrite).table_keys(tables))
}

/// What was seen of one answer.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Note {
    node: String,
    status: u16,
    keys: Option<(Option<String>, Vec<KeyHash>)>,
    hint: Option<String>,
}

/// Writes down all that is seen.
#[derive(Debug, Clone, Default)]
struct Notes(Arc<Mutex<Vec<Note>>>);

impl Observe for Notes {
    fn observe(&self, seen: &Seen<'_>) {
        let keys = seen.keys();
        let hint = seen.headers().get(HINT);
        self.0.lock().unwrap().push(Note {
            node: seen.node().unwrap().to_string(),
            status: seen.status().as_u16(),
            keys: keys.map(|keys| (keys.table().map(str::to_owned), keys.hashes().to_vec())),
            hint: hint.map(|hint| hint.to_str().unwrap().to_owned()),
        });
    }
}

impl Notes {
    fn take(&self) -> Vec<Note> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

/// Each node's answers name the node, so that it shows whose are seen.
fn hint(cluster: &TestCluster) {
    for node in cluster.nodes() {
        let value = HeaderValue::from_str(&format!("by {}", node.address()));
        node.set_response_header(HINT, value.unwrap());
    }
}

#[tokio::test]
async fn each_answer_is_seen_with_its_node_its_table_its_key_and_its_headers() -> Result {
    for sdk_signs in [false, true] {
        let cluster = start(SIX).await;
        let notes = Notes::default();
        let config = signs(&cluster)?.observe(notes.clone());
        let table = match sdk_signs {
            false => Table::create(unsigned_sdk(config.http_client()?)).await?,
            true => {
                let tables = TableKeys::new().given("things", "k")?;
                let config = tower_muster_tests::config(&cluster).affinity(Mode::AnyWrite);
                let config = config.table_keys(tables).observe(notes.clone());
                Table::create(signing_sdk(config.signed_above().http_client()?)).await?
            }
        };
        hint(&cluster);
        notes.take();
        for n in 0..10 {
            let key = n.to_string();
            let hash = KeyHash::string(&key);
            let node = &cluster.nodes()[hash.preferred(6).unwrap()];
            table.put(&key, "v").await?;
            table.add(&key).await?;
            table.delete(&key).await?;
            let expected = Note {
                node: node.address().to_string(),
                status: 200,
                keys: Some((Some("things".to_owned()), vec![hash])),
                hint: Some(format!("by {}", node.address())),
            };
            assert_eq!(notes.take(), vec![expected; 3]);
        }
    }
    Ok(())
}

#[tokio::test]
async fn every_attempt_that_is_answered_is_seen_and_none_that_is_not() -> Result {
    let cluster = start(SIX).await;
    let notes = Notes::default();
    let config = signs(&cluster)?.observe(notes.clone());
    let table = Table::create(unsigned_sdk(config.http_client()?)).await?;
    let hash = KeyHash::string("k");
    let plan: Vec<_> = hash.order(6).map(|nth| &cluster.nodes()[nth]).collect();
    plan[0].refuse();
    plan[1].reset_before_execution();
    notes.take();
    table.put("k", "v").await?;
    let seen = notes.take();
    let seen: Vec<_> = seen
        .iter()
        .map(|note| (note.node.clone(), note.status))
        .collect();
    let expected = [(plan[0], 500), (plan[2], 200)];
    assert_eq!(
        seen,
        expected.map(|(node, status)| (node.address().to_string(), status))
    );
    Ok(())
}

#[tokio::test]
async fn a_batch_has_all_of_its_keys_and_what_names_none_has_none() -> Result {
    let cluster = start(SIX).await;
    let notes = Notes::default();
    let stack = signs(&cluster)?.observe(notes.clone()).build()?;
    Table::create(unsigned_sdk(stack.http_client())).await?;
    notes.take();
    let body = r#"{"RequestItems":{"things":[
        {"PutRequest":{"Item":{"k":{"S":"a"}}}},{"DeleteRequest":{"Key":{"k":{"S":"b"}}}}]}}"#;
    assert_eq!(
        ask(stack.service(), operation("BatchWriteItem", body))
            .await?
            .status,
        200
    );
    let hashes = vec![KeyHash::string("a"), KeyHash::string("b")];
    assert_eq!(notes.take()[0].keys, Some((None, hashes)));
    assert_eq!(
        ask(stack.service(), operation("ListTables", "{}"))
            .await?
            .status,
        200
    );
    assert_eq!(notes.take()[0].keys, None);
    let body = r#"{"TableName":"things","Key":{"k":{"S":"a"}}}"#;
    assert_eq!(
        ask(stack.service(), operation("GetItem", body))
            .await?
            .status,
        200
    );
    let key = (Some("things".to_owned()), vec![KeyHash::string("a")]);
    assert_eq!(notes.take()[0].keys, Some(key), "also of a read");
    Ok(())
}

/// Sends a key's requests to the node that an answer named for it, and all others to the first.
#[derive(Debug, Clone, Default)]
struct AsTold(Arc<Mutex<HashMap<KeyHash, String>>>);

impl Observe for AsTold {
    fn observe(&self, seen: &Seen<'_>) {
        let hint = seen.headers().get(HINT).and_then(|hint| hint.to_str().ok());
        if let (Some(hint), Some([hash])) = (hint, seen.keys().map(PartitionKeys::hashes)) {
            self.0.lock().unwrap().insert(*hash, hint.to_owned());
        }
    }
}

impl Policy for AsTold {
    fn pick<'a>(&self, route: &Route<'_>, nodes: &Candidates<'a, '_>) -> Option<Candidate<'a>> {
        let keys = route.extensions().get::<PartitionKeys>();
        let told =
            keys.and_then(|keys| self.0.lock().unwrap().get(keys.hashes().first()?).cloned());
        let is_told = |node: &Candidate<'a>| {
            Some(node.node().origin().authority().as_str()) == told.as_deref()
        };
        nodes
            .iter()
            .find(is_told)
            .or_else(|| InOrder.pick(route, nodes))
    }
}

/// `Config::affinity` has a policy of its own for keys, so this one is given the layers themselves.
#[tokio::test]
async fn a_policy_that_learns_from_answers_sends_the_keys_next_requests_where_they_belong() -> Result
{
    use tower::ServiceBuilder;
    use tower_muster::{Cluster, FailoverLayer, Node, SelectLayer};
    use tower_muster_alternator::{
        Alternator, affinity::AffinityLayer, errors::ReadErrorsLayer, observe::ObserveLayer,
    };

    let cluster = TestCluster::builder().topology(SIX).start().await?;
    Table::create(unsigned_sdk(config(&cluster).http_client()?)).await?;
    let nodes: Result<Vec<_>, _> = cluster.urls().iter().map(|url| Node::new(url)).collect();
    let known = Cluster::fixed(nodes?)?;
    let (told, client) = (AsTold::default(), Recorder::new());
    let tables = TableKeys::new().given("things", "k")?;
    let service = ServiceBuilder::new()
        .layer(AffinityLayer::new(Mode::AnyWrite).keys(tables))
        .layer(FailoverLayer::new(known.clone()).repeat(Alternator))
        .layer(SelectLayer::new(known, told.clone()).classify(Alternator))
        .layer(ReadErrorsLayer::new())
        .layer(ObserveLayer::new(told))
        .service(client.clone());
    let put = async |key: &str| -> Result<String> {
        client.clear();
        let answer = ask(
            service.clone(),
            operation("PutItem", tower_muster_tests::put(key, "v")),
        )
        .await?;
        assert_eq!(answer.status, 200, "{}", answer.text());
        Ok(client.sent()[0].uri.authority().unwrap().to_string())
    };
    let address = |nth: usize| cluster.nodes()[nth].address().to_string();
    let point_at = |nth: usize| {
        let value = HeaderValue::from_str(&address(nth)).unwrap();
        cluster.nodes()[0].set_response_header(HINT, value);
    };

    point_at(4);
    assert_eq!(put("a").await?, address(0), "nothing is known yet");
    point_at(2);
    assert_eq!(put("b").await?, address(0));
    for _ in 0..3 {
        assert_eq!(put("a").await?, address(4));
        assert_eq!(put("b").await?, address(2));
    }
    assert_eq!(put("c").await?, address(0), "another key");
    cluster.nodes()[4].refuse();
    assert_eq!(put("a").await?, address(4));
    assert_eq!(
        client.sent()[1].uri.authority().unwrap().as_str(),
        address(0),
        "not tied to it"
    );
    Ok(())
}
