use std::sync::Arc;

use bytes::Bytes;
use http::Method;
use http_body_util::Full;

use crate::{
    probe::{HttpProbe, Probe},
    tests::fakes::{Client, Reply, ScriptedBody, Step, node},
};

type FakeProbe = HttpProbe<Client, Full<Bytes>>;

/// Asks one node that gives this reply.
async fn ask(reply: fn() -> Reply) -> (bool, Client) {
    let client = Client::new(move |_| reply());
    let probe: FakeProbe = HttpProbe::get("/localnodes?dc=dc1", client.clone()).expect("a path");
    (Probe::ask(&probe, Arc::new(node(7))).await, client)
}

#[tokio::test]
async fn the_node_itself_is_asked_for_the_path() {
    let (answer, client) = ask(|| Reply::Status(200)).await;
    assert!(answer);
    client.with_seen(|seen| {
        assert_eq!(seen.len(), 1);
        assert_eq!(seen[0].head.method, Method::GET);
        let uri = seen[0].head.uri.to_string();
        assert_eq!(uri, "http://10.0.0.7:8000/localnodes?dc=dc1");
        assert!(seen[0].body.is_empty());
    });
}

#[tokio::test]
async fn a_node_can_serve_that_answers_200_to_the_end() {
    let whole = || Reply::Body(ScriptedBody::of(&[b"[\"10.0.0.7\"", b"]"]));
    assert!(ask(whole).await.0);
    let with_trailers = || Reply::Body(ScriptedBody::new([Step::Data(b"[]"), Step::Trailers]));
    assert!(ask(with_trailers).await.0);
}

#[tokio::test]
async fn a_node_cannot_serve_that_answers_anything_else_or_not_to_the_end() {
    for reply in [
        || Reply::Status(500),
        || Reply::Status(404),
        || Reply::Status(204),
        || Reply::REFUSED,
        || Reply::RESET,
        || Reply::Body(ScriptedBody::new([Step::Data(b"["), Step::Error("cut")])),
    ] {
        assert!(!ask(reply).await.0, "{:?}", reply());
    }
}

#[tokio::test]
async fn an_answer_without_an_end_in_sight_is_none() {
    const CHUNK: &[u8] = &[b' '; 8 << 10];
    assert!(ask(|| Reply::Body(ScriptedBody::of(&[CHUNK; 8]))).await.0);
    assert!(!ask(|| Reply::Body(ScriptedBody::of(&[CHUNK; 9]))).await.0);
}

#[test]
fn a_path_begins_with_a_slash_and_is_one() {
    for path in ["", "localnodes", "*", "/a b", "http://10.0.0.1/", "/a#b"] {
        let client = Client::new(|_| Reply::Status(200));
        let error = FakeProbe::get(path, client).expect_err("no path");
        assert_eq!(
            (error.field(), error.value()),
            ("path", &*format!("{path:?}"))
        );
        assert!(
            error
                .to_string()
                .ends_with("and must be a path that begins with a slash")
        );
    }
}
