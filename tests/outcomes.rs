//! What a node answers decides what becomes of the call: moved to another node, or told to the caller; and
//! whether the node is to blame. Nothing that counts twice is ever carried out twice.
#![allow(clippy::unwrap_used, reason = "a failed expectation is the report")]

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, ReturnValue, WriteRequest};
use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use tower::ServiceExt;
use tower_muster::health::{State, Thresholds};
use tower_muster_alternator::{Repeatable, Stack};
use tower_muster_testkit::{Fault, TestCluster, TestNode};
use tower_muster_tests::{
    ACCESS_KEY, Failure, InOrder, Recorder, Result, SECRET, Table, attempts, config, executed,
    signing_sdk, start, state, unsigned_sdk,
};

const THREE: &str = "dc1:rack1=3";
const INTERNAL: StatusCode = StatusCode::INTERNAL_SERVER_ERROR;

/// What becomes of a call whose first node answers so.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Then {
    /// The next node is asked, and the caller notices nothing.
    Moved,
    /// The caller hears of it, and nobody else is asked.
    Told,
}

use Then::{Moved, Told};

struct Row {
    what: &'static str,
    fault: fn(&TestNode),
    /// Of what changes nothing, of what may be carried out twice, and of what may not.
    read: Then,
    put: Then,
    add: Then,
    /// Whether the node has carried it out.
    is_applied: bool,
    /// What the caller hears of it, if it does: the status, and the error's name.
    told: (Option<u16>, Option<&'static str>),
    /// What the first node is taken for after a few such answers.
    state: State,
}

fn told_500(message: &'static str) -> Fault {
    Fault::fail_with(INTERNAL, "InternalServerError", message)
}

const TOLD_500: (Option<u16>, Option<&str>) = (Some(500), Some("InternalServerError"));
const BROKEN: (Option<u16>, Option<&str>) = (None, None);

#[rustfmt::skip]
const ROWS: [Row; 15] = [
    Row { what: "refused connections", fault: TestNode::kill,
        read: Moved, put: Moved, add: Moved, is_applied: false, told: BROKEN, state: State::Down },
    Row { what: "too many in flight", fault: |node| node.overload(0),
        read: Moved, put: Moved, add: Moved, is_applied: false, told: BROKEN, state: State::Active },
    Row { what: "too few replicas", fault: TestNode::refuse,
        read: Moved, put: Moved, add: Moved, is_applied: false, told: BROKEN, state: State::Down },
    Row { what: "a timeout", fault: TestNode::ambiguous,
        read: Moved, put: Moved, add: Told, is_applied: true, told: TOLD_500, state: State::Active },
    Row { what: "a ballot in doubt", fault: |node| node.inject(told_500(
            "Internal server error: exceptions::mutation_write_timeout_exception (Failed to accept 1-2 for \
             alternator_t.t: write timeout due to uncertainty. Replica errors: none)")),
        read: Moved, put: Moved, add: Told, is_applied: false, told: TOLD_500, state: State::Active },
    Row { what: "a failure of replicas", fault: |node| node.inject(told_500(
            "Operation failed for alternator_t.t - received 1 responses and 1 failures from 2 CL=LOCAL_QUORUM.")),
        read: Moved, put: Moved, add: Told, is_applied: false, told: TOLD_500, state: State::Active },
    Row { what: "any other 500", fault: |node| node.fail(INTERNAL),
        read: Moved, put: Moved, add: Told, is_applied: false, told: TOLD_500, state: State::Down },
    Row { what: "a reset before it", fault: TestNode::reset_before_execution,
        read: Moved, put: Moved, add: Told, is_applied: false, told: BROKEN, state: State::Down },
    Row { what: "a reset after it", fault: TestNode::reset,
        read: Moved, put: Moved, add: Told, is_applied: true, told: BROKEN, state: State::Down },
    Row { what: "a body that no node decodes", fault: |node| node.inject(told_500("Unsupported Content-Encoding")),
        read: Told, put: Told, add: Told, is_applied: false, told: TOLD_500, state: State::Active },
    Row { what: "a body that breaks off, packed", fault: |node| node.inject(told_500("Truncated gzip in request body")),
        read: Told, put: Told, add: Told, is_applied: false, told: TOLD_500, state: State::Active },
    Row { what: "a body that is too large", fault: |node| node.fail(StatusCode::PAYLOAD_TOO_LARGE),
        read: Told, put: Told, add: Told, is_applied: false,
        told: (Some(413), Some("PayloadTooLarge")), state: State::Active },
    Row { what: "no such table", fault: |node| node.fail_with(StatusCode::BAD_REQUEST, "ResourceNotFoundException", "t"),
        read: Told, put: Told, add: Told, is_applied: false,
        told: (Some(400), Some("ResourceNotFoundException")), state: State::Active },
    Row { what: "nothing at that path", fault: |node| node.fail(StatusCode::NOT_FOUND),
        read: Told, put: Told, add: Told, is_applied: false,
        told: (Some(404), Some("ValidationException")), state: State::Active },
    Row { what: "no permission", fault: |node| node.fail_with(StatusCode::BAD_REQUEST, "AccessDeniedException", "no"),
        read: Told, put: Told, add: Told, is_applied: false,
        told: (Some(400), Some("AccessDeniedException")), state: State::Active },
];

struct Scene {
    cluster: TestCluster,
    client: Recorder,
    stack: Stack<Recorder>,
    table: Table,
}

impl Scene {
    /// Nodes that are asked in their order, as long as `thresholds` lets them be asked.
    async fn start(thresholds: Thresholds) -> Result<Self> {
        let cluster = start(THREE).await;
        let client = Recorder::new();
        let stack = config(&cluster)
            .policy(InOrder)
            .thresholds(thresholds)
            // Nothing is late because the machine is busy.
            .attempt_timeout(Duration::from_secs(4))
            .no_probing()
            .signed_above()
            .build_over(client.clone())?;
        let table = Table::create(signing_sdk(stack.http_client())).await?;
        table.put("there", "v").await?;
        Ok(Self {
            cluster,
            client,
            stack,
            table,
        })
    }

    /// None of whose nodes is put out by what it answers.
    async fn of_patience() -> Result<Self> {
        let patience = Thresholds::default()
            .active_failures(255)?
            .quarantine_failures(255)?;
        Self::start(patience.refusal_is_enough(false)).await
    }

    fn first(&self) -> &TestNode {
        &self.cluster.nodes()[0]
    }

    /// The nodes that were asked since, by their number.
    fn asked(&self) -> Vec<usize> {
        let number = |host: &str| {
            let mut nodes = self.cluster.nodes().iter();
            nodes.position(|node| node.address().to_string() == host)
        };
        let sent = self.client.sent();
        let hosts = sent
            .iter()
            .map(|sent| sent.uri.authority().unwrap().as_str());
        hosts.map(|host| number(host).unwrap()).collect()
    }

    /// Judges a call by what its row says.
    fn judge(&self, row: &Row, then: Then, call: &str, result: Result<(), Failure>) {
        let (asked, what) = (self.asked(), row.what);
        match (then, result) {
            (Moved, Ok(())) => assert_eq!(asked, [0, 1], "{call}: {what}"),
            (Told, Err(failure)) => {
                assert_eq!(asked, [0], "{call}: {what}");
                let told = (failure.status(), failure.code());
                assert_eq!(told, row.told, "{call}: {what}: {failure}");
            }
            (then, result) => panic!("{call}: {what}: {then:?} expected, {result:?}"),
        }
        self.client.clear();
    }
}

fn string(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

/// Puts only what is not there.
async fn put_new(table: &Table, key: &str) -> Result<(), Failure> {
    let put = table.client().put_item().table_name("things");
    let put = put.item("k", string(key)).item("v", string("v"));
    put.condition_expression("attribute_not_exists(k)")
        .send()
        .await?;
    Ok(())
}

/// Deletes, and asks for what was there.
async fn take(table: &Table, key: &str) -> Result<(), Failure> {
    let delete = table.client().delete_item().table_name("things");
    let delete = delete.return_values(ReturnValue::AllOld);
    delete.key("k", string(key)).send().await?;
    Ok(())
}

async fn put_batch(table: &Table) -> Result<(), Failure> {
    let put = |key: &str| {
        let put = PutRequest::builder().item("k", string(key)).build();
        WriteRequest::builder().put_request(put.unwrap()).build()
    };
    let batch = table.client().batch_write_item();
    let batch = batch.request_items("things", vec![put("one"), put("two")]);
    batch.send().await?;
    Ok(())
}

#[tokio::test]
async fn each_answer_moves_what_may_be_moved_and_nothing_else() -> Result {
    for row in &ROWS {
        let scene = Scene::of_patience().await?;
        let table = &scene.table;
        (row.fault)(scene.first());
        scene.client.clear();

        let result = table.get("there").await.map(drop);
        scene.judge(row, row.read, "get", result);
        let result = table.query("there").await.map(drop);
        scene.judge(row, row.read, "query", result);
        scene.judge(row, row.put, "put", table.put("k", "v").await);
        scene.judge(row, row.put, "delete", table.delete("k").await);
        scene.judge(row, row.put, "batch", put_batch(table).await);
        scene.judge(row, row.add, "add", table.add("counter").await);
        scene.judge(
            row,
            row.add,
            "put of what is new",
            put_new(table, "new").await,
        );
        scene.judge(row, row.add, "take", take(table, "there").await);

        // Once where it was moved or applied, and otherwise never.
        let times = u64::from(row.is_applied || row.add == Moved);
        scene.cluster.nodes()[0].heal();
        assert_eq!(table.count("counter").await?, times, "{}", row.what);
        let is_there = table.get("new").await?.is_some();
        assert_eq!(is_there, times == 1, "{}", row.what);
        let was_taken = table.get("there").await?.is_none();
        assert_eq!(was_taken, times == 1, "{}", row.what);
    }
    Ok(())
}

#[tokio::test]
async fn a_node_is_put_out_for_its_own_faults_only() -> Result {
    for row in &ROWS {
        let scene = Scene::start(Thresholds::default()).await?;
        (row.fault)(scene.first());
        for n in 0..5 {
            // Some fail, which is looked at above.
            let _ = scene.table.put(&n.to_string(), "v").await;
        }
        let state = state(scene.stack.cluster(), scene.first());
        assert_eq!(state, Some(row.state), "{}", row.what);
    }
    Ok(())
}

#[tokio::test]
async fn a_partition_over_its_rate_is_told_at_once_and_no_node_is_to_blame() -> Result {
    let scene = Scene::start(Thresholds::default()).await?;
    scene.cluster.nodes().iter().for_each(TestNode::rate_limit);
    for _ in 0..5 {
        scene.client.clear();
        let failure = scene.table.get("there").await.unwrap_err();
        let told = (failure.status(), failure.code());
        assert_eq!(told, (Some(400), Some("RequestLimitExceeded")), "{failure}");
        let failure = scene.table.add("counter").await.unwrap_err();
        assert_eq!((failure.status(), failure.code()), TOLD_500, "{failure}");
        assert!(failure.to_string().contains("Per-partition rate limit"));
        assert_eq!(scene.asked().len(), 2, "once each");
        let first = state(scene.stack.cluster(), scene.first());
        assert_eq!(first, Some(State::Active));
    }
    Ok(())
}

#[tokio::test]
async fn a_put_to_a_partition_over_its_rate_is_made_once() -> Result {
    let scene = Scene::of_patience().await?;
    scene.cluster.nodes().iter().for_each(TestNode::rate_limit);
    scene.client.clear();
    let failure = scene.table.put("k", "v").await.unwrap_err();
    assert_eq!(failure.status(), Some(500), "{failure}");
    assert_eq!(scene.asked(), [0], "no other node would let it through");
    Ok(())
}

#[tokio::test]
async fn what_every_node_answers_the_caller_is_told() -> Result {
    #[rustfmt::skip]
    let table: [(fn(&TestNode), _); 3] = [
        (|node| node.overload(0), (Some(400), Some("RequestLimitExceeded"))),
        (TestNode::refuse, TOLD_500),
        (TestNode::kill, BROKEN),
    ];
    for (fault, told) in table {
        let scene = Scene::of_patience().await?;
        scene.cluster.nodes().iter().for_each(fault);
        // Connections that a killed node has reset are found out by what may be repeated.
        scene.table.get("there").await.unwrap_err();
        scene.client.clear();
        let failure = scene.table.add("counter").await.unwrap_err();
        assert_eq!((failure.status(), failure.code()), told, "{failure}");
        let asked = scene.asked();
        assert!(asked.starts_with(&[0, 1, 2]), "{asked:?}: {failure}");
        if let Some(error) = failure.stack() {
            assert!(error.is_safe_to_repeat(), "{error}");
        }
        for node in scene.cluster.nodes() {
            node.heal();
            node.restart().await?;
        }
        assert_eq!(scene.table.count("counter").await?, 0);
    }
    Ok(())
}

/// Sends an `ADD` that says whether it may be repeated, and returns what came of it.
async fn add_marked(scene: &Scene, marked: Option<Repeatable>) -> Result<StatusCode> {
    let credentials = Credentials::new(ACCESS_KEY, SECRET, None, None, "tests");
    let stack = config(&scene.cluster)
        .policy(InOrder)
        .no_probing()
        .credentials(credentials, "us-east-1")
        .build_over(scene.client.clone())?;
    let body = r##"{"TableName":"things","Key":{"k":{"S":"counter"}},"UpdateExpression":"ADD #n :one",
        "ExpressionAttributeNames":{"#n":"n"},"ExpressionAttributeValues":{":one":{"N":"1"}}}"##;
    let mut request = Request::post("/")
        .header("x-amz-target", "DynamoDB_20120810.UpdateItem")
        .body(Full::new(Bytes::from_static(body.as_bytes())))?;
    if let Some(marked) = marked {
        request.extensions_mut().insert(marked);
    }
    scene.client.clear();
    let answer = stack.service().oneshot(request).await?;
    let status = answer.status();
    answer.into_body().collect().await?;
    Ok(status)
}

#[tokio::test]
async fn an_add_is_repeated_if_its_caller_says_that_it_may_be() -> Result {
    let scene = Scene::of_patience().await?;
    scene.first().ambiguous();
    #[rustfmt::skip]
    let table = [
        (None,                     500, vec![0],    1),
        (Some(Repeatable(false)),  500, vec![0],    2),
        (Some(Repeatable(true)),   200, vec![0, 1], 4),
    ];
    for (marked, status, asked, count) in table {
        assert_eq!(add_marked(&scene, marked).await?, status, "{marked:?}");
        assert_eq!(scene.asked(), asked, "{marked:?}");
        assert_eq!(scene.table.count("counter").await?, count, "{marked:?}");
    }
    Ok(())
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_an_error_and_no_short_answer() -> Result {
    let scene = Scene::of_patience().await?;
    for n in 0..200 {
        scene.table.put(&n.to_string(), &"x".repeat(500)).await?;
    }
    scene.cluster.nodes().iter().for_each(TestNode::truncate);
    for _ in 0..10 {
        let failure = scene.table.get("7").await.unwrap_err();
        assert!(failure.code().is_none(), "{failure}");
        scene.table.query("7").await.unwrap_err();
        let scan = scene.table.client().scan().table_name("things");
        let scanned = scan.send().await.map_err(Failure::from);
        assert!(scanned.is_err(), "{} items", scanned.unwrap().count());
    }
    let add = scene.table.add("counter").await;
    assert!(add.is_err(), "its answer is not known");
    scene.first().heal();
    assert_eq!(scene.table.count("counter").await?, 1);
    Ok(())
}

#[tokio::test]
async fn a_condition_that_does_not_hold_is_told_by_the_first_node() -> Result {
    let scene = Scene::of_patience().await?;
    for n in 0..10 {
        scene.client.clear();
        let failure = put_new(&scene.table, "there").await.unwrap_err();
        assert_eq!(failure.code(), Some("ConditionalCheckFailedException"));
        assert_eq!(scene.asked(), [0], "call {n}");
    }
    let unsigned = Table::of(unsigned_sdk(scene.stack.http_client()));
    scene.client.clear();
    let before = attempts(scene.cluster.nodes());
    let failure = unsigned.get("there").await.unwrap_err();
    assert_eq!(failure.status(), Some(400), "{failure}");
    assert_eq!(attempts(scene.cluster.nodes()) - before, 1);
    assert!(executed(scene.cluster.nodes()) > 0);
    Ok(())
}
