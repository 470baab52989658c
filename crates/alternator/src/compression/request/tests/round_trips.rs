//! What is compressed can be read again.

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use proptest::{collection::vec, prelude::*, sample::select};

use super::{post, sent, settings, text};
use crate::compression::{Encoding, RequestCompression};

const ENCODINGS: [Encoding; 2] = [Encoding::Gzip, Encoding::Deflate];

#[tokio::test]
async fn a_body_comes_back_whole_from_every_encoding_at_every_level() {
    let plain = text(5_000);
    for encoding in ENCODINGS {
        for level in 0..=9 {
            let compression = settings(encoding).level(level).expect("a level");
            let sent = sent(compression, post(plain.clone())).await;
            assert_eq!(sent.decoded(), plain, "{encoding} {level}");
            // At level 0 nothing becomes smaller.
            assert_eq!(sent.is_compressed(), level > 0, "{encoding} {level}");
            if level > 0 {
                assert_eq!(sent.header("content-encoding"), Some(encoding.as_str()));
                assert!(sent.body.len() < plain.len() / 10);
            }
        }
    }
}

#[tokio::test]
async fn large_bodies_come_back_whole() {
    for length in [64 * 1024, 64 * 1024 + 1, 1_000_000] {
        for encoding in ENCODINGS {
            let plain = text(length);
            let sent = sent(settings(encoding), post(plain.clone())).await;
            assert!(sent.is_compressed(), "{length}");
            assert!(sent.decoded() == plain, "{encoding} of {length}");
        }
    }
}

#[test]
fn a_level_is_between_0_and_9() {
    let error = RequestCompression::gzip().level(10).expect_err("no level");
    assert_eq!(error.to_string(), "level: 10 is not between 0 and 9");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_is_sent_can_be_read_and_is_no_larger(
        plain in prop_oneof![vec(any::<u8>(), 0..3_000), vec(0..4_u8, 0..3_000)],
        encoding in select(&ENCODINGS[..]),
        level in 0..=9_u32,
        threshold in 0..2_000_u64,
    ) {
        let compression = settings(encoding).threshold(threshold).level(level).expect("a level");
        let request = Request::post("/")
            .header("content-length", plain.len())
            .body(Full::<Bytes>::from(plain.clone()))
            .expect("a request");
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let sent = runtime.block_on(sent(compression, request));
        prop_assert_eq!(sent.decoded(), &*plain);
        prop_assert!(sent.body.len() <= plain.len());
        prop_assert_eq!(sent.is_compressed(), sent.body.len() < plain.len());
        let length = sent.body.len().to_string();
        prop_assert_eq!(sent.header("content-length"), Some(&*length));
    }
}
