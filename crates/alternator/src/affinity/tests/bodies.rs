use std::{
    pin::Pin,
    task::{Context, Poll},
};

use http::Method;
use http_body::{Body as _, Frame};
use tower::ServiceExt;

use super::*;

#[tokio::test]
async fn a_write_comes_out_with_its_key_and_as_it_was() {
    let (service, log) = logged(&any_write(&known()));
    let request = put("t", "p", "hello");
    let body = request
        .body()
        .clone()
        .collect()
        .await
        .expect("a body")
        .to_bytes();
    service.oneshot(request).await.expect("an answer");
    let [seen] = taken(&log).try_into().expect("one request");
    assert_eq!(seen.hashes(), [KeyHash::string("hello")]);
    assert_eq!(seen.keys.as_ref().and_then(PartitionKeys::table), Some("t"));
    assert_eq!(seen.body, body);
}

#[tokio::test]
async fn a_batch_comes_out_with_all_its_keys() {
    let (service, log) = logged(&any_write(&known()));
    let body = r#"{"RequestItems":{"t":[
        {"PutRequest":{"Item":{"p":{"S":"a"}}}},{"DeleteRequest":{"Key":{"p":{"N":"1"}}}}]}}"#;
    service
        .oneshot(request("BatchWriteItem", body))
        .await
        .expect("an answer");
    let [seen] = taken(&log).try_into().expect("one request");
    assert_eq!(seen.hashes(), [KeyHash::string("a"), KeyHash::number("1")]);
}

#[tokio::test]
async fn what_the_caller_says_holds() {
    for keys in [
        PartitionKeys::of(KeyHash::from_i64(7)),
        PartitionKeys::none(),
    ] {
        let (service, log) = logged(&any_write(&TableKeys::new()));
        let mut request = put("unknown", "p", "hello");
        request.extensions_mut().insert(keys.clone());
        service.oneshot(request).await.expect("an answer");
        let [seen] = taken(&log).try_into().expect("no table is asked for");
        assert_eq!(seen.hashes(), keys.hashes());
    }
}

#[tokio::test]
async fn only_posts_of_writes_are_looked_into() {
    let (service, log) = logged(&any_write(&known()));
    let mut get = put("t", "p", "hello");
    *get.method_mut() = Method::GET;
    let mut unnamed = put("t", "p", "hello");
    unnamed.headers_mut().clear();
    let read = request("GetItem", r#"{"TableName":"t","Key":{"p":{"S":"hello"}}}"#);
    for request in [get, unnamed, read] {
        service.clone().oneshot(request).await.expect("an answer");
        let [seen] = taken(&log).try_into().expect("one request");
        assert!(seen.keys.is_none(), "{seen:?}");
        assert!(!seen.body.is_empty());
    }
}

#[tokio::test]
async fn what_is_no_json_passes_without_a_key() {
    for body in [
        "",
        "{",
        "\u{1f}\u{8b}",
        r#"{"TableName":"t","Item":{"p":7}}"#,
    ] {
        let (service, log) = logged(&any_write(&known()));
        service
            .oneshot(request("PutItem", body))
            .await
            .expect("an answer");
        let [seen] = taken(&log).try_into().expect("one request");
        assert!(seen.keys.is_none() && seen.body == body, "{seen:?}");
    }
}

/// A body that comes in parts, each of which it is waited for.
struct Parts(Vec<Result<Frame<Bytes>, &'static str>>, bool);

impl http_body::Body for Parts {
    type Data = Bytes;
    type Error = &'static str;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, &'static str>>> {
        self.1 = !self.1;
        if self.1 {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready((!self.0.is_empty()).then(|| self.0.remove(0)))
    }
}

/// What comes out of the layer for a put with such a body.
async fn passed(parts: Vec<Result<Frame<Bytes>, &'static str>>) -> (bool, Option<Bytes>) {
    let seen = Arc::new(Mutex::new(None));
    let seen_below = Arc::clone(&seen);
    let node = service_fn(move |request: Request<Gathered<Parts>>| {
        let seen = Arc::clone(&seen_below);
        async move {
            let has_key = request.extensions().get::<PartitionKeys>().is_some();
            let body = request.into_body().collect().await.ok();
            let body = body.map(http_body_util::Collected::to_bytes);
            *seen.lock().expect("no panic") = Some((has_key, body));
            Ok::<_, BoxError>(Response::new(Full::<Bytes>::default()))
        }
    });
    let (head, _) = put("t", "p", "hello").into_parts();
    let request = Request::from_parts(head, Parts(parts, false));
    let service = any_write(&known()).layer(node);
    service.oneshot(request).await.expect("an answer");
    let seen = seen.lock().expect("no panic").take();
    seen.expect("it was passed on")
}

#[tokio::test]
async fn a_body_may_come_in_parts_and_is_passed_on_also_when_it_breaks_off() {
    let whole = r#"{"TableName":"t","Item":{"p":{"S":"hello"}}}"#;
    let part = |range| Ok(Frame::data(Bytes::from_static(&whole.as_bytes()[range])));
    let parts = || vec![part(0..5), part(5..20), part(20..whole.len())];
    assert_eq!(passed(parts()).await, (true, Some(whole.into())));

    let mut with_trailers = parts();
    with_trailers.push(Ok(Frame::trailers(http::HeaderMap::new())));
    assert_eq!(passed(with_trailers).await, (false, Some(whole.into())));

    let mut broken = parts();
    broken.push(Err("broken"));
    assert_eq!(passed(broken).await, (false, None));
}

#[tokio::test]
async fn a_body_larger_than_alternator_takes_is_passed_on() {
    let (service, log) = logged(&any_write(&known()));
    let value = "x".repeat(16 << 20);
    let large = put("t", "p", &value);
    let size = large.body().size_hint().exact().expect("a size");
    service.oneshot(large).await.expect("an answer");
    let [seen] = taken(&log).try_into().expect("one request");
    assert!(seen.keys.is_none());
    assert_eq!(seen.body.len() as u64, size);
}
