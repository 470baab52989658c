//! Which bodies are compressed, and which are left alone.

use http::{HeaderMap, HeaderName, HeaderValue, Request};

use super::{Sent, post, sent, text};
use crate::{
    Repeatable,
    compression::{RequestCompression, tests::Frames},
};

const GZIP: RequestCompression = RequestCompression::gzip();

#[tokio::test]
async fn a_body_is_compressed_from_the_threshold_on() {
    for (threshold, length, is_compressed) in [
        (None, 1023, false),
        (None, 1024, true),
        (Some(3000), 2999, false),
        (Some(3000), 3000, true),
        (Some(0), 200, true),
        (Some(0), 0, false),
        (Some(1), 0, false),
        (Some(u64::MAX), 9000, false),
    ] {
        let compression = threshold.map_or(GZIP, |bytes| GZIP.threshold(bytes));
        let plain = text(length);
        let case = format!("{length} bytes, threshold {threshold:?}");
        // One that says its length beforehand, and one that does not.
        let frames = Frames::of(&plain, 700).slow();
        let announced = sent(compression, post(plain.clone())).await;
        let streamed = sent(compression, post("").map(|_| frames)).await;
        let may_reach = length > 0 && length as u64 >= threshold.unwrap_or(1024);
        assert_eq!(announced.is_whole, may_reach, "{case}");
        for sent in [announced, streamed] {
            assert_eq!(sent.is_compressed(), is_compressed, "{case}");
            assert_eq!(sent.decoded(), plain, "{case}");
        }
    }
}

#[tokio::test]
async fn what_does_not_become_smaller_is_sent_as_it_is() {
    // Each byte once: nothing repeats.
    let plain: Vec<u8> = (0..=u8::MAX).collect();
    let mut request = post(plain.clone());
    let length = HeaderValue::from(plain.len());
    request.headers_mut().insert("content-length", length);
    let sent = sent(GZIP.threshold(1), request).await;
    assert_eq!(sent.body, plain);
    assert!(!sent.is_compressed());
    assert_eq!(sent.header("content-length"), Some("256"));
    // The plain body can still be read below.
    assert!(sent.head.extensions.get::<Repeatable>().is_none());
}

#[tokio::test]
async fn a_body_that_is_encoded_already_is_left_alone() {
    for encoding in ["gzip", "br", "identity", ""] {
        let mut request = post(text(5000));
        let encoding = HeaderValue::from_static(encoding);
        request
            .headers_mut()
            .insert("content-encoding", encoding.clone());
        let sent = sent(GZIP, request).await;
        assert_eq!(sent.body, text(5000));
        assert_eq!(sent.head.headers["content-encoding"], encoding);
        assert!(!sent.is_whole, "nobody looked into it");
    }
}

#[tokio::test]
async fn the_length_is_mended_if_it_is_there() {
    let without = sent(GZIP, post(text(5000))).await;
    assert!(without.is_compressed() && without.header("content-length").is_none());
    let mut request = post(text(5000));
    let length = HeaderValue::from(5000);
    request
        .headers_mut()
        .append("content-length", length.clone());
    request.headers_mut().append("content-length", length);
    let with = sent(GZIP, request).await;
    let lengths = with.head.headers.get_all("content-length");
    let lengths: Vec<_> = lengths.iter().collect();
    assert_eq!(lengths, [&*with.body.len().to_string()]);
}

#[tokio::test]
async fn a_request_may_say_otherwise() {
    let ask = async |layer: RequestCompression, own: RequestCompression| {
        let mut request = post(text(5000));
        request.extensions_mut().insert(own);
        sent(layer, request).await
    };
    let off = ask(GZIP, RequestCompression::off()).await;
    assert!(!off.is_compressed() && !off.is_whole);
    let on = ask(RequestCompression::off(), GZIP).await;
    assert_eq!(on.header("content-encoding"), Some("gzip"));
    let other = ask(GZIP, RequestCompression::deflate()).await;
    assert_eq!(other.header("content-encoding"), Some("deflate"));
    let neither = sent(RequestCompression::default(), post(text(5000))).await;
    assert!(!neither.is_compressed() && !neither.is_whole);
}

#[tokio::test]
async fn what_is_compressed_says_whether_it_may_be_repeated() {
    let ask = async |own: Option<Repeatable>, body: &str| {
        let mut request = post(format!("{body:<2000}"));
        request.extensions_mut().extend(own.into_iter().fold(
            http::Extensions::new(),
            |mut extensions, own| {
                extensions.insert(own);
                extensions
            },
        ));
        let sent: Sent = sent(GZIP, request).await;
        assert!(sent.is_compressed());
        sent.head.extensions.get::<Repeatable>().copied()
    };
    let (yes, no) = (Some(Repeatable(true)), Some(Repeatable(false)));
    let put = r#"{"TableName":"t","Item":{"k":{"S":"1"}}}"#;
    let conditional = r#"{"TableName":"t","ConditionExpression":"attribute_exists(k)"}"#;
    assert_eq!(ask(None, put).await, yes);
    assert_eq!(ask(None, conditional).await, no);
    assert_eq!(ask(no, put).await, no);
    assert_eq!(ask(yes, conditional).await, yes);
}

#[tokio::test]
async fn what_cannot_be_read_whole_is_passed_on_as_it_came() {
    let plain = text(5000);
    let frames = |frames| Request::new(frames);
    let trailers = HeaderMap::from_iter([(
        HeaderName::from_static("x-sum"),
        HeaderValue::from_static("7"),
    )]);
    let trailing = Frames::of(&plain, 100).then_trailers(trailers.clone());
    let trailing = sent(GZIP, frames(trailing)).await;
    assert_eq!(trailing.trailers, Some(trailers));
    let broken = sent(GZIP, frames(Frames::of(&plain, 100).then_broken())).await;
    assert!(broken.is_broken);
    for sent in [trailing, broken] {
        assert!(!sent.is_compressed());
        assert_eq!(sent.body, plain);
    }
    let huge = text(16 * 1024 * 1024 + 1);
    for announced in [true, false] {
        let sent = match announced {
            true => sent(GZIP, post(huge.clone())).await,
            false => sent(GZIP, frames(Frames::of(&huge, 1 << 20))).await,
        };
        assert!(!sent.is_compressed() && !sent.is_broken, "{announced}");
        assert!(sent.body == huge, "{announced}");
    }
}
