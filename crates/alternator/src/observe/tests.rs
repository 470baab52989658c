//! What an observer sees through a whole stack.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use tower::ServiceExt;

use super::Seen;
use crate::{
    Alternator,
    affinity::{KeyHash, Mode, PartitionKeys, TableKeys},
    tests::fakes::{Client, Reply},
};

/// The node, the table and the hash of each response that is seen.
type Log = Arc<Mutex<Vec<(String, Option<String>, Vec<KeyHash>, u16)>>>;

fn observer(log: &Log) -> impl super::Observe {
    let log = Arc::clone(log);
    move |seen: &Seen<'_>| {
        let node = seen.node().expect("a node").to_string();
        let table = seen
            .keys()
            .and_then(PartitionKeys::table)
            .map(str::to_owned);
        let hashes = seen.keys().map(|keys| keys.hashes().to_vec());
        let hashes = hashes.unwrap_or_default();
        let row = (node, table, hashes, seen.status().as_u16());
        log.lock().expect("no panic").push(row);
    }
}

async fn send(operation: &str, body: &'static str, reply: Reply) -> Log {
    let log = Log::default();
    let client = Client::new(move |seen| match seen.head.method {
        http::Method::GET => Reply::list(&["10.0.0.1"]),
        _ => reply.clone(),
    });
    let tables = TableKeys::new().given("t", "p").expect("names");
    let stack = Alternator::at("http://10.0.0.1:8000")
        .affinity(Mode::ReadModifyWrite)
        .table_keys(tables)
        .observe(observer(&log))
        .backoff(None)
        .build_over(client)
        .expect("a stack");
    let request = Request::post("/")
        .header("x-amz-target", format!("DynamoDB_20120810.{operation}"))
        .body(Full::new(Bytes::from(body)))
        .expect("a request");
    let _ = stack.service().oneshot(request).await;
    log
}

const NODE: &str = "10.0.0.1:8000";

#[tokio::test]
async fn reads_and_writes_are_seen_with_their_table_and_key() {
    let key = r#"{"TableName":"t","Key":{"p":{"S":"hello"}}}"#;
    let item = r#"{"TableName":"t","Item":{"p":{"S":"hello"}}}"#;
    for (operation, body) in [("GetItem", key), ("DeleteItem", key), ("PutItem", item)] {
        let log = send(operation, body, Reply::Status(200)).await;
        let expected = (
            NODE.to_owned(),
            Some("t".to_owned()),
            vec![KeyHash::string("hello")],
            200,
        );
        assert_eq!(*log.lock().expect("no panic"), [expected], "{operation}");
    }
}

#[tokio::test]
async fn a_response_to_what_names_no_key_is_seen_without_one() {
    let log = send(
        "ListTables",
        "{}",
        Reply::Error(500, "InternalServerError", ""),
    )
    .await;
    assert_eq!(
        *log.lock().expect("no panic"),
        [(NODE.to_owned(), None, vec![], 500)]
    );
}

#[tokio::test]
async fn where_nothing_was_answered_nothing_is_seen() {
    let log = send("ListTables", "{}", Reply::REFUSED).await;
    assert_eq!(*log.lock().expect("no panic"), []);
}
