use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use http_body_util::Full;
use tokio::time::Instant;
use tower::service_fn;

use super::*;
use crate::affinity::{
    TableKeys,
    tables::{Known, Why},
};

const DESCRIBED: &str = r#"{"Table":{"KeySchema":[
    {"AttributeName":"s","KeyType":"RANGE"},{"AttributeName":"p","KeyType":"HASH"}],"ItemCount":7}}"#;

/// What a node does with one request.
enum Does {
    Answer(u16, &'static str),
    Fail,
    Hang,
}

/// Lets a client with such answers learn table `t`; when it asked, and what is known then.
async fn story(answers: impl IntoIterator<Item = Does>) -> (Vec<Duration>, String) {
    let answers: Arc<Mutex<VecDeque<_>>> = Arc::new(Mutex::new(answers.into_iter().collect()));
    let asked: Arc<Mutex<Vec<_>>> = Arc::default();
    let began = Instant::now();
    let log = Arc::clone(&asked);
    let client = service_fn(move |request: Request<Gathered<Full<Bytes>>>| {
        log.lock().expect("no panic").push(began.elapsed());
        let answer = answers.lock().expect("no panic").pop_front();
        async move {
            assert_eq!(request.uri(), "/");
            assert_eq!(
                request.headers()["x-amz-target"],
                "DynamoDB_20120810.DescribeTable"
            );
            assert_eq!(
                request.headers()["content-type"],
                "application/x-amz-json-1.0"
            );
            let body = request
                .into_body()
                .collect()
                .await
                .expect("a body")
                .to_bytes();
            assert_eq!(body, r#"{"TableName":"t"}"#);
            match answer {
                Some(Does::Answer(status, body)) => {
                    let response = Response::builder().status(status);
                    Ok(response
                        .body(Full::<Bytes>::from(body))
                        .expect("a response"))
                }
                Some(Does::Fail) => Err(BoxError::from("refused")),
                Some(Does::Hang) => std::future::pending().await,
                None => panic!("asked more often than expected"),
            }
        }
    });
    let keys = TableKeys::new();
    let ticket = keys.begin("t", Why::Unknown).expect("nobody asks");
    let (head, ()) = Request::new(()).into_parts();
    learn(client, ticket, Target::of(&head)).await;
    let known = match keys.view().key("t") {
        Known::Key(key) => key.to_owned(),
        other => format!("{other:?}"),
    };
    assert!(known == "Refused" || known == "p" || keys.begin("t", Why::Unknown).is_some());
    let asked = asked.lock().expect("no panic").clone();
    (asked, known)
}

#[tokio::test(start_paused = true)]
async fn the_hash_key_of_the_description_is_learned() {
    let (asked, known) = story([Does::Answer(200, DESCRIBED)]).await;
    assert_eq!((asked.len(), known.as_str()), (1, "p"));
}

#[tokio::test(start_paused = true)]
async fn what_fails_for_the_moment_is_asked_again_after_growing_waits() {
    let answers = [
        Does::Answer(500, r#"{"__type":"InternalServerError"}"#),
        Does::Fail,
        Does::Answer(429, ""),
        Does::Answer(200, DESCRIBED),
    ];
    let (asked, known) = story(answers).await;
    assert_eq!(known, "p");
    let waits = asked.windows(2).map(|pair| (pair[1] - pair[0]).as_millis());
    for (wait, expected) in waits.zip([100, 200, 400]) {
        let range = expected * 8 / 10..=expected * 12 / 10 + 2;
        assert!(range.contains(&wait), "{wait} ms, not {expected}");
    }
}

#[tokio::test(start_paused = true)]
async fn after_four_failures_it_gives_up_and_leaves_no_trace() {
    let (asked, known) = story([Does::Fail, Does::Fail, Does::Fail, Does::Fail]).await;
    assert_eq!((asked.len(), known.as_str()), (4, "Nothing"));
}

#[tokio::test(start_paused = true)]
async fn a_silent_node_is_not_waited_for() {
    let (asked, known) = story([Does::Hang, Does::Answer(200, DESCRIBED)]).await;
    assert_eq!((asked.len(), known.as_str()), (2, "p"));
    assert!(asked[1] < Duration::from_secs(11), "{asked:?}");
}

#[tokio::test(start_paused = true)]
async fn what_will_not_change_soon_is_asked_once() {
    for (status, body) in [
        (
            400,
            r#"{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException"}"#,
        ),
        (400, r#"{"__type":"ValidationException"}"#),
        (400, r#"{"__type":"AccessDeniedException"}"#),
        (400, r#"{"__type":"UnrecognizedClientException"}"#),
        (400, "no JSON"),
        (403, ""),
        (404, ""),
        (413, r#"{"__type":"ThrottlingException"}"#),
        (200, "no JSON"),
        (200, "{}"),
        (200, r#"{"Table":{"KeySchema":[]}}"#),
        (
            200,
            r#"{"Table":{"KeySchema":[{"AttributeName":"s","KeyType":"RANGE"}]}}"#,
        ),
        (
            200,
            r#"{"Table":{"KeySchema":[{"AttributeName":"","KeyType":"HASH"}]}}"#,
        ),
    ] {
        let (asked, known) = story([Does::Answer(status, body)]).await;
        assert_eq!(
            (asked.len(), known.as_str()),
            (1, "Refused"),
            "{status} {body}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn throttling_is_for_the_moment() {
    for (status, body) in [
        (
            400,
            r#"{"__type":"com.amazon.coral.service#ThrottlingException"}"#,
        ),
        (
            400,
            r#"{"__type":"ProvisionedThroughputExceededException"}"#,
        ),
        (400, r#"{"__type":"RequestLimitExceeded"}"#),
        (408, ""),
        (503, ""),
        (301, ""),
    ] {
        let answers = [Does::Answer(status, body), Does::Answer(200, DESCRIBED)];
        let (asked, known) = story(answers).await;
        assert_eq!((asked.len(), known.as_str()), (2, "p"), "{status} {body}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_without_end_is_not_read_to_its_end() {
    let endless: &'static str = Box::leak(" ".repeat(MOST_BYTES + 1).into_boxed_str());
    let answers = [(); 4].map(|()| Does::Answer(200, endless));
    let (asked, known) = story(answers).await;
    assert_eq!((asked.len(), known.as_str()), (4, "Nothing"));
}
