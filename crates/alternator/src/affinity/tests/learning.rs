use std::{future::pending, time::Duration};

use tokio::time::{advance, sleep};
use tower::ServiceExt;

use super::*;
use crate::affinity::tables::Known;

/// Lets what runs beside the calls end.
async fn settle() {
    sleep(Duration::from_millis(1)).await;
}

fn operations(log: &Log) -> Vec<String> {
    taken(log).into_iter().map(|seen| seen.operation).collect()
}

#[tokio::test(start_paused = true)]
async fn the_first_write_of_a_table_goes_without_its_key_and_the_next_with_it() {
    let (service, log) = logged(&AffinityLayer::new(Mode::AnyWrite));
    service
        .clone()
        .oneshot(put("t", "p", "a"))
        .await
        .expect("an answer");
    settle().await;
    let [first, asked] = taken(&log).try_into().expect("two requests");
    assert!(first.keys.is_none());
    assert_eq!(asked.operation, "DescribeTable");
    assert_eq!(asked.body, r#"{"TableName":"t"}"#);

    service
        .oneshot(put("t", "p", "a"))
        .await
        .expect("an answer");
    settle().await;
    let [second] = taken(&log).try_into().expect("one request");
    assert_eq!(second.hashes(), [KeyHash::string("a")]);
}

#[tokio::test(start_paused = true)]
async fn many_writes_at_once_ask_for_their_table_once() {
    let (service, log) = logged(&AffinityLayer::new(Mode::AnyWrite));
    for _ in 0..100 {
        // Nothing else runs in between: the answer is not there yet.
        let call = service.clone().oneshot(put("t", "p", "a"));
        tokio::task::unconstrained(call).await.expect("an answer");
    }
    settle().await;
    let asked = operations(&log)
        .iter()
        .filter(|name| *name == "DescribeTable")
        .count();
    assert_eq!(asked, 1);
}

#[tokio::test(start_paused = true)]
async fn a_table_that_is_dropped_or_created_is_learned_anew() {
    for definition in ["DeleteTable", "CreateTable"] {
        let (service, log) = logged(&AffinityLayer::new(Mode::AnyWrite));
        for _ in 0..2 {
            service
                .clone()
                .oneshot(put("t", "p", "a"))
                .await
                .expect("an answer");
            settle().await;
        }
        assert_eq!(operations(&log), ["PutItem", "DescribeTable", "PutItem"]);
        let defined = request(definition, r#"{"TableName":"t"}"#);
        service.clone().oneshot(defined).await.expect("an answer");
        service
            .clone()
            .oneshot(put("t", "p", "a"))
            .await
            .expect("an answer");
        settle().await;
        assert_eq!(operations(&log), [definition, "PutItem", "DescribeTable"]);
    }
}

#[tokio::test(start_paused = true)]
async fn an_item_without_the_key_has_the_table_asked_for_again_but_not_at_once() {
    let (service, log) = logged(&AffinityLayer::new(Mode::AnyWrite));
    service
        .clone()
        .oneshot(put("t", "p", "a"))
        .await
        .expect("an answer");
    settle().await;
    for _ in 0..5 {
        service
            .clone()
            .oneshot(put("t", "q", "a"))
            .await
            .expect("an answer");
        settle().await;
    }
    assert!(!operations(&log)[2..].contains(&"DescribeTable".to_owned()));
    advance(Duration::from_secs(10)).await;
    for _ in 0..5 {
        service
            .clone()
            .oneshot(put("t", "q", "a"))
            .await
            .expect("an answer");
        settle().await;
    }
    let asked = operations(&log)
        .iter()
        .filter(|name| *name == "DescribeTable")
        .count();
    assert_eq!(asked, 1);
}

#[tokio::test(start_paused = true)]
async fn a_write_does_not_wait_for_the_table_to_be_described() {
    let node = service_fn(async |request: Request<Gathered<Body>>| {
        if request.headers()["x-amz-target"] == "DynamoDB_20120810.DescribeTable" {
            pending::<()>().await;
        }
        Ok::<_, BoxError>(Response::new(Body::default()))
    });
    let service = AffinityLayer::new(Mode::AnyWrite).layer(node);
    let began = tokio::time::Instant::now();
    for _ in 0..20 {
        service
            .clone()
            .oneshot(put("t", "p", "a"))
            .await
            .expect("an answer");
        settle().await;
    }
    assert!(began.elapsed() < Duration::from_millis(100));
}

#[tokio::test(start_paused = true)]
async fn what_is_learned_while_a_table_is_created_is_not_kept() {
    let node = service_fn(async |request: Request<Gathered<Body>>| {
        let target = request.headers()["x-amz-target"].clone();
        let (status, answer) = match target.to_str().expect("text") {
            "DynamoDB_20120810.CreateTable" => {
                sleep(Duration::from_secs(5)).await;
                (200, "{}")
            }
            "DynamoDB_20120810.DescribeTable" => (400, r#"{"__type":"ResourceNotFoundException"}"#),
            _ => (200, "{}"),
        };
        let response = Response::builder().status(status);
        Ok::<_, BoxError>(response.body(Body::from(answer)).expect("a response"))
    });
    let keys = TableKeys::new();
    let service = any_write(&keys).layer(node);
    let creation = service
        .clone()
        .oneshot(request("CreateTable", r#"{"TableName":"t"}"#));
    let creation = tokio::spawn(creation);
    settle().await;
    service
        .oneshot(put("t", "p", "a"))
        .await
        .expect("an answer");
    settle().await;
    assert_eq!(keys.view().key("t"), Known::Refused, "while it is created");
    creation.await.expect("no panic").expect("an answer");
    assert_eq!(keys.view().key("t"), Known::Nothing, "once it is there");
}

#[test]
fn outside_of_a_runtime_nothing_is_learned_and_nothing_fails() {
    let (service, log) = logged(&AffinityLayer::new(Mode::AnyWrite));
    let call = service.oneshot(put("t", "p", "a"));
    at_once(call).expect("an answer");
    assert_eq!(operations(&log), ["PutItem"]);
}

/// Polls a future that is never pending, with no runtime around.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    let mut task = tokio_test::task::spawn(future);
    match task.poll() {
        std::task::Poll::Ready(output) => output,
        std::task::Poll::Pending => panic!("it waits"),
    }
}
