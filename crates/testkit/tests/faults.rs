//! Errors that a client tells apart, and faults for some of the requests.

mod support;

use std::time::Duration;

use http::StatusCode;
use support::{Connection, Heard, create_table, get, has, operation, put, start};
use tower_muster_testkit::{Fault, TestCluster, TestNode};

const READ: &str = r#"{"TableName":"things","Key":{"k":{"S":"a"}}}"#;

async fn pair() -> TestCluster {
    let cluster = start("dc1:r1=2").await;
    create_table(&cluster.nodes()[1]).await;
    cluster
}

async fn answered(node: &TestNode, name: &str, body: &str) -> (u16, String, String) {
    let answer = operation(node, name, body).await;
    (answer.status, answer.error(), answer.message())
}

#[tokio::test]
async fn a_refusing_node_executes_nothing_and_says_who_is_missing() {
    let cluster = pair().await;
    let [node, other] = cluster.nodes() else {
        panic!()
    };
    node.refuse();
    let text = "Cannot achieve consistency level for cl LOCAL_QUORUM. Requires 2, alive 1";
    let (status, error, message) = answered(node, "PutItem", &put("a")).await;
    assert_eq!((status, &*error), (500, "InternalServerError"));
    let thrown = format!("Internal server error: exceptions::unavailable_exception ({text})");
    assert_eq!(message, thrown);
    let (_, _, message) = answered(node, "GetItem", READ).await;
    assert_eq!(message, format!("Internal server error: {text}"));
    assert!(!has(other, "a").await);
    let answer = operation(node, "PutItem", "{").await;
    assert_eq!(
        answer.error(),
        "ValidationException",
        "what is wrong is told first"
    );
    node.heal();
    assert_eq!(operation(node, "PutItem", &put("a")).await.status, 200);
}

#[tokio::test]
async fn an_ambiguous_node_executes_and_says_that_it_timed_out() {
    let cluster = pair().await;
    let [node, other] = cluster.nodes() else {
        panic!()
    };
    node.ambiguous();
    let text = "Operation timed out for alternator_things.things - received only 1 responses \
                from 2 CL=LOCAL_QUORUM.";
    let (status, error, message) = answered(node, "PutItem", &put("a")).await;
    assert_eq!((status, &*error), (500, "InternalServerError"));
    let exception = "exceptions::mutation_write_timeout_exception";
    assert_eq!(
        message,
        format!("Internal server error: {exception} ({text})")
    );
    assert!(has(other, "a").await);
    let (_, _, message) = answered(node, "GetItem", READ).await;
    assert_eq!(message, format!("Internal server error: {text}"));
}

#[tokio::test]
async fn a_partition_over_its_rate_is_told_differently_to_readers_and_writers() {
    let cluster = pair().await;
    let [node, other] = cluster.nodes() else {
        panic!()
    };
    node.rate_limit();
    let (status, error, message) = answered(node, "GetItem", READ).await;
    assert_eq!((status, &*error), (400, "RequestLimitExceeded"));
    assert!(
        message.starts_with("Per-partition rate limit reached for"),
        "{message}"
    );
    let (status, error, message) = answered(node, "PutItem", &put("a")).await;
    assert_eq!((status, &*error), (500, "InternalServerError"));
    assert!(
        message.contains("exceptions::rate_limit_exception (Per-partition rate"),
        "{message}"
    );
    assert!(!has(other, "a").await);
}

#[tokio::test]
async fn a_truncated_answer_breaks_off_in_a_chunked_200() {
    let cluster = pair().await;
    let [node, other] = cluster.nodes() else {
        panic!()
    };
    operation(other, "PutItem", &put("a")).await;
    node.truncate();
    let mut connection = Connection::open(node.address()).await;
    connection.operation("GetItem", READ).await;
    let heard = connection.hear().await;
    let Heard::Truncated(body) = heard else {
        panic!("{heard:?}")
    };
    assert!(
        body.contains("{\"Item\"") && !body.contains("0\r\n\r\n"),
        "{body:?}"
    );
    let mut connection = Connection::open(node.address()).await;
    connection.operation("PutItem", &put("b")).await;
    assert!(matches!(connection.hear().await, Heard::Truncated(_)));
    assert!(has(other, "b").await, "it was executed");
    let answer = operation(node, "Nonsense", "{}").await;
    assert_eq!(answer.status, 400, "an error is answered whole");
}

#[tokio::test]
async fn a_fault_for_the_next_requests_ends_after_them() {
    let cluster = pair().await;
    let node = &cluster.nodes()[0];
    node.inject(Fault::fail(StatusCode::INTERNAL_SERVER_ERROR).for_next(2));
    get(node, "/").await;
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(operation(node, "ListTables", "{}").await.status);
    }
    assert_eq!(
        statuses,
        [500, 500, 200],
        "what is no operation does not count"
    );
    assert_eq!(node.faults(), Default::default());
    node.inject(Fault::BlackHole.for_next(1));
    let mut connection = Connection::open(node.address()).await;
    connection.send("GET / HTTP/1.1", "").await;
    assert_eq!(
        connection.hear_within(support::SILENCE).await,
        Heard::Silence
    );
    assert_eq!(get(node, "/").await.status, 200);
}

#[tokio::test]
async fn a_fault_for_a_share_hits_that_share() {
    let cluster = pair().await;
    let node = &cluster.nodes()[0];
    let failing = async |share: f64| {
        node.inject(Fault::Refuse.for_share(share));
        let mut failed = 0;
        let mut connection = Connection::open(node.address()).await;
        for _ in 0..400 {
            connection.operation("ListTables", "{}").await;
            failed += usize::from(connection.answer().await.status == 500);
        }
        failed
    };
    assert_eq!(failing(0.0).await, 0);
    assert_eq!(failing(1.0).await, 400);
    // Farther from the mean than this is 1 in 10^15.
    let some = failing(0.5).await;
    assert!((120..280).contains(&some), "{some}");
    assert!(node.faults().refuse);
}

#[tokio::test]
async fn faults_of_different_kinds_stand_side_by_side_and_one_decides() {
    let cluster = pair().await;
    let node = &cluster.nodes()[0];
    node.slow(Duration::from_millis(50));
    node.ambiguous();
    node.inject(Fault::Refuse.for_next(1));
    let faults = node.faults();
    assert!(faults.ambiguous && faults.refuse && faults.slow.is_some());
    let before = tokio::time::Instant::now();
    let (_, _, message) = answered(node, "PutItem", &put("a")).await;
    assert!(message.contains("unavailable_exception"), "{message}");
    assert!(before.elapsed() >= Duration::from_millis(50));
    let (_, _, message) = answered(node, "PutItem", &put("a")).await;
    assert!(message.contains("timed out"), "{message}");
}
