//! Bodies that are what they say.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use http_body_util::{Empty, Full};
use proptest::{collection::vec, prelude::*, sample::select};

use super::{both, deflate, gzip, heard, text};
use crate::compression::{Encoding, ResponseCompression, response::DecodedBody, tests::Frames};

type Encode = fn(&[u8], u32) -> Vec<u8>;

const ENCODINGS: [(&str, Encode); 2] = [("gzip", gzip), ("deflate", deflate)];

#[tokio::test]
async fn every_encoding_is_decoded_at_every_level_and_however_it_is_cut() {
    let plain = text(100_000);
    for (encoding, encode) in ENCODINGS {
        for level in 0..=9 {
            let body = encode(&plain, level);
            let whole = heard(both(), encoding, Full::<Bytes>::from(body.clone())).await;
            let cut = heard(both(), encoding, Frames::of(&body, 1000).slow()).await;
            for heard in [whole, cut] {
                assert!(
                    heard.error.is_none(),
                    "{encoding} {level}: {:?}",
                    heard.error
                );
                assert!(heard.body == plain, "{encoding} {level}");
                assert!(heard.head.headers.is_empty(), "they are about other bytes");
            }
        }
    }
}

#[tokio::test]
async fn what_was_not_asked_for_passes_as_it_came() {
    let gzipped = gzip(&text(5000), 6);
    let only_deflate = ResponseCompression::new([Encoding::Deflate]);
    for (compression, encoding) in [
        (both(), ""),
        (both(), "identity"),
        (both(), "br"),
        (both(), "zstd"),
        (both(), "gzip, gzip"),
        (only_deflate, "gzip"),
        (ResponseCompression::off(), "gzip"),
        (ResponseCompression::default(), "gzip"),
        (ResponseCompression::new([]), "gzip"),
    ] {
        let heard = heard(compression, encoding, Frames::of(&gzipped, 100)).await;
        assert_eq!(heard.body, gzipped, "{encoding}");
        assert_eq!(heard.head.headers["content-length"], "12345");
        let kept = heard.head.headers.get("content-encoding");
        assert_eq!(
            kept.map_or("", |kept| kept.to_str().expect("text")),
            encoding
        );
    }
}

#[tokio::test]
async fn the_name_of_an_encoding_may_have_any_case_and_parameters() {
    let plain = text(5000);
    for encoding in ["GZIP", "GZip", "gzip;level=6"] {
        let heard = heard(both(), encoding, Frames::of(&gzip(&plain, 6), 100)).await;
        assert_eq!(heard.body, plain, "{encoding}");
    }
}

#[tokio::test]
async fn members_of_gzip_that_follow_each_other_are_one_body() {
    let (first, second) = (text(3000), text(50_000));
    let body = [gzip(&first, 6), gzip(b"", 6), gzip(&second, 1)].concat();
    let plain = [first, second].concat();
    for length in [1, 7, 1000, body.len()] {
        let heard = heard(both(), "gzip", Frames::of(&body, length)).await;
        assert!(heard.error.is_none(), "{:?}", heard.error);
        assert!(heard.body == plain, "in frames of {length}");
    }
}

#[tokio::test]
async fn an_empty_body_is_one_whatever_its_encoding_says() {
    for (encoding, encode) in ENCODINGS {
        let nothing = heard(both(), encoding, Empty::<Bytes>::new()).await;
        let empty_frame = Frames::of(b"", 1).then_nothing();
        let empty_frame = heard(both(), encoding, empty_frame).await;
        let encoded = heard(both(), encoding, Frames::of(&encode(b"", 6), 5)).await;
        for heard in [nothing, empty_frame, encoded] {
            assert!(heard.error.is_none(), "{encoding}: {:?}", heard.error);
            assert_eq!(heard.body, b"");
        }
    }
}

#[tokio::test]
async fn trailers_follow_what_is_decoded() {
    let trailers = HeaderMap::from_iter([(
        HeaderName::from_static("x-sum"),
        HeaderValue::from_static("7"),
    )]);
    let plain = text(5000);
    for (encoding, body) in [
        ("gzip", gzip(&plain, 6)),
        ("deflate", deflate(&plain, 6)),
        ("", plain.clone()),
    ] {
        let body = Frames::of(&body, 100).then_trailers(trailers.clone());
        let heard = heard(both(), encoding, body).await;
        assert_eq!(heard.body, plain, "{encoding}");
        assert_eq!(heard.trailers.as_ref(), Some(&trailers), "{encoding}");
    }
}

#[test]
fn a_body_can_be_sent_and_shared() {
    fn is_send_and_sync<T: Send + Sync>() {}
    is_send_and_sync::<DecodedBody<Full<Bytes>>>();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_was_encoded_is_decoded(
        plain in prop_oneof![vec(any::<u8>(), 1..9_000), vec(0..4_u8, 1..90_000)],
        encoding in select(&ENCODINGS[..]),
        level in 0..=9_u32,
        length in 1..3_000_usize,
    ) {
        let (encoding, encode) = encoding;
        let body = Frames::of(&encode(&plain, level), length).slow();
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let heard = runtime.block_on(heard(both(), encoding, body));
        prop_assert!(heard.error.is_none(), "{:?}", heard.error);
        prop_assert!(heard.body == plain);
    }
}
