//! The body and the head of the second attempt.

use std::{future::poll_fn, sync::atomic::Ordering::Relaxed};

use http::Request;
use tower::{Service, ServiceExt};

use super::{Answered, Error, millis, stack};
use crate::tests::fakes::{Client, Reply, ScriptedBody, Step, cluster};

/// The first two nodes refuse.
fn third_time() -> Client {
    Client::new(|seen| match seen.host {
        1 | 2 => Reply::REFUSED,
        _ => Reply::Status(200),
    })
}

async fn send(client: &Client, body: ScriptedBody) -> Answered {
    let request = Request::put("/").body(body).expect("a request");
    let service = stack(client, &cluster(3), |layer| layer.replay_cap(8));
    service.oneshot(request).await
}

#[tokio::test(start_paused = true)]
async fn every_attempt_sends_the_same_bytes() {
    let frames: [&[&[u8]]; 7] = [
        &[b"one"],
        &[b"o", b"n", b"e"],
        &[],
        &[b""],
        &[b"", b"one", b"", b"two", b""],
        &[b"", b"", b"one"],
        &[b"eight by"],
    ];
    for frames in frames {
        let client = third_time();
        send(&client, ScriptedBody::of(frames))
            .await
            .expect("served");
        client.with_seen(|seen| {
            assert_eq!(seen.len(), 3);
            for seen in seen {
                assert_eq!(seen.body, frames.concat(), "of {frames:?}");
            }
        });
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_announces_too_much_is_refused_unread() {
    let client = third_time();
    let body = ScriptedBody::of(&[b"nine bytes"]).announcing(9);
    let polls = body.polls();
    let error = send(&client, body).await.expect_err("too large");
    assert!(
        matches!(
            error,
            Error::BodyTooLarge {
                replay_cap: 8,
                at_least: 9,
                ..
            }
        ),
        "{error:?}"
    );
    assert_eq!((polls.load(Relaxed), client.calls()), (0, 0));
    assert!(error.to_string().contains("replay_cap of 8"), "{error}");
    assert!(error.is_safe_to_repeat());
}

#[tokio::test(start_paused = true)]
async fn a_body_that_grows_too_large_is_refused_as_soon_as_it_does() {
    let client = third_time();
    let body = ScriptedBody::of(&[b"eight by", b"t", b"never read"]);
    let polls = body.polls();
    let error = send(&client, body).await.expect_err("too large");
    assert!(
        matches!(
            error,
            Error::BodyTooLarge {
                replay_cap: 8,
                at_least: 9,
                ..
            }
        ),
        "{error:?}"
    );
    assert_eq!((polls.load(Relaxed), client.calls()), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn a_body_that_announces_less_than_it_has_is_bounded_all_the_same() {
    let client = third_time();
    let body = ScriptedBody::of(&[b"nine byte"]).announcing(1);
    let error = send(&client, body).await.expect_err("too large");
    assert!(matches!(error, Error::BodyTooLarge { .. }), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn trailers_are_refused() {
    let client = third_time();
    let body = ScriptedBody::new([Step::Data(b"one"), Step::Trailers]);
    let error = send(&client, body).await.expect_err("trailers");
    assert!(matches!(error, Error::Trailers), "{error:?}");
    assert_eq!(client.calls(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_fails_is_told_with_its_reason() {
    let client = third_time();
    let body = ScriptedBody::new([Step::Data(b"one"), Step::Error("disk on fire")]);
    let error = send(&client, body).await.expect_err("no body");
    assert!(matches!(error, Error::Body(_)), "{error:?}");
    let source = std::error::Error::source(&error).map(ToString::to_string);
    assert_eq!(source.as_deref(), Some("disk on fire"));
    assert_eq!(client.calls(), 0);
    assert!(error.is_safe_to_repeat(), "nothing was sent");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_stalls_is_not_cut_off_by_the_time_of_an_attempt() {
    let client = third_time();
    let body = ScriptedBody::new([Step::Data(b"half"), Step::Stall]);
    let request = Request::put("/").body(body).expect("a request");
    let service = stack(&client, &cluster(3), |layer| {
        layer.attempt_timeout(millis(100))
    });
    let answered = tokio::time::timeout(millis(5_000), service.oneshot(request)).await;
    assert!(answered.is_err(), "it waits for the rest of the body");
    assert_eq!(client.calls(), 0, "half a body is never sent");
}

#[tokio::test(start_paused = true)]
async fn head_and_extensions_survive_to_the_last_attempt() {
    #[derive(Clone, PartialEq, Debug)]
    struct Own(u32);

    let client = third_time();
    let request = Request::put("/a?b=c")
        .version(http::Version::HTTP_10)
        .header("x-twice", "1")
        .header("x-twice", "2")
        .extension(Own(7))
        .body(ScriptedBody::of(&[b"one"]))
        .expect("a request");
    let mut service = stack(&client, &cluster(3), |layer| layer);
    poll_fn(|cx| Service::<Request<ScriptedBody>>::poll_ready(&mut service, cx))
        .await
        .expect("ready");
    service.call(request).await.expect("served");
    client.with_seen(|seen| {
        for seen in seen {
            assert_eq!(seen.head.method, http::Method::PUT);
            assert_eq!(seen.head.version, http::Version::HTTP_10);
            assert_eq!(
                seen.head.uri.path_and_query().map(|p| p.as_str()),
                Some("/a?b=c")
            );
            assert_eq!(seen.head.headers.get_all("x-twice").iter().count(), 2);
            assert_eq!(seen.head.extensions.get(), Some(&Own(7)));
        }
    });
}
