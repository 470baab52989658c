//! Bodies that are not what they say.

use std::error::Error;

use http::Response;
use http_body_util::BodyExt;

use super::{answered, both, deflate, gzip, heard, text};
use crate::compression::{
    response::DecodeError,
    tests::{Broken, Frames},
};

#[tokio::test]
async fn a_body_that_is_cut_off_is_an_error_wherever_it_is_cut() {
    let plain = text(2000);
    for (encoding, body) in [("gzip", gzip(&plain, 6)), ("deflate", deflate(&plain, 6))] {
        for length in 1..body.len() {
            let heard = heard(both(), encoding, Frames::of(&body[..length], 100)).await;
            let error = heard.decode_error();
            assert!(
                matches!(error, DecodeError::Truncated { .. }),
                "{encoding} of {length} bytes: {error:?}"
            );
            let told = format!("response body: the {encoding} ends too early");
            assert_eq!(error.to_string(), told);
            assert!(plain.starts_with(&heard.body));
        }
    }
}

#[tokio::test]
async fn a_body_that_is_something_else_is_an_error() {
    let plain = text(2000);
    let (gzipped, deflated) = (gzip(&plain, 6), deflate(&plain, 6));
    let flip = |body: &[u8], at: usize| {
        let mut body = body.to_vec();
        body[at] ^= 0x55;
        body
    };
    for (what, encoding, body) in [
        (
            "JSON as gzip",
            "gzip",
            br#"{"TableNames":["a","b","c"]}"#.to_vec(),
        ),
        (
            "JSON as deflate",
            "deflate",
            br#"{"TableNames":[]}"#.to_vec(),
        ),
        ("gzip as deflate", "deflate", gzipped.clone()),
        ("deflate as gzip", "gzip", deflated.clone()),
        (
            "a wrong sum in gzip",
            "gzip",
            flip(&gzipped, gzipped.len() - 6),
        ),
        (
            "a wrong length in gzip",
            "gzip",
            flip(&gzipped, gzipped.len() - 1),
        ),
        (
            "a wrong sum in deflate",
            "deflate",
            flip(&deflated, deflated.len() - 1),
        ),
        (
            "more after gzip",
            "gzip",
            [&gzipped[..], b"and so forth"].concat(),
        ),
        (
            "more after deflate",
            "deflate",
            [&deflated[..], b"!"].concat(),
        ),
    ] {
        let heard = heard(both(), encoding, Frames::of(&body, 100)).await;
        let error = heard.decode_error();
        assert!(
            matches!(error, DecodeError::Corrupt { .. }),
            "{what}: {error:?}"
        );
        assert_eq!(
            error.to_string(),
            format!("response body: it is no {encoding}")
        );
        assert!(error.source().is_some(), "{what}");
    }
}

#[tokio::test]
async fn an_error_of_the_body_below_is_passed_on() {
    let body = gzip(&text(2000), 6);
    for encoding in ["gzip", ""] {
        let broken = Frames::of(&body[..100], 10).then_broken();
        let heard = heard(both(), encoding, broken).await;
        let error = heard.error.as_deref().expect("an error");
        assert_eq!(error.downcast_ref(), Some(&Broken), "{encoding}");
    }
}

#[tokio::test]
async fn a_body_ends_at_the_limit_and_no_more_of_it_is_read() {
    const LIMIT: u64 = 100_000;
    let zeros = vec![0; 10_000_000];
    for (encoding, body) in [("gzip", gzip(&zeros, 9)), ("deflate", deflate(&zeros, 9))] {
        let response = Response::builder()
            .header("content-encoding", encoding)
            .body(Frames::of(&body, 100))
            .expect("a response");
        let frames = response.body().left();
        let request = http::Request::new(());
        let (response, _) = answered(both().limit(LIMIT), request, response).await;
        let mut body = response.into_body();
        let mut decoded = 0;
        let error = loop {
            match body.frame().await.expect("a frame or an error") {
                Ok(frame) => {
                    let data = frame.into_data().expect("data");
                    assert!(data.len() <= 32 * 1024, "bounded memory");
                    decoded += data.len() as u64;
                }
                Err(error) => break error,
            }
        };
        assert!(decoded <= LIMIT);
        let told = format!("response body: the {encoding} holds more than 100000 bytes");
        assert_eq!(error.to_string(), told);
        assert!(matches!(
            error.downcast_ref(),
            Some(DecodeError::TooLarge { limit: LIMIT, .. })
        ));
        // 100 bytes of it stand for 100 KB.
        assert!(body.get_ref().left() > frames - 10, "the rest is not read");
        assert!(body.frame().await.is_none(), "an error is the end");
    }
}

#[tokio::test]
async fn a_body_of_just_the_limit_is_within_it() {
    let plain = text(70_000);
    let body = gzip(&plain, 6);
    let within = heard(both().limit(70_000), "gzip", Frames::of(&body, 1000)).await;
    assert!(within.error.is_none() && within.body == plain);
    let beyond = heard(both().limit(69_999), "gzip", Frames::of(&body, 1000)).await;
    assert!(matches!(
        beyond.decode_error(),
        DecodeError::TooLarge { limit: 69_999, .. }
    ));
    // What is not decoded has no limit here.
    let plain = heard(both().limit(1), "", Frames::of(&plain, 1000)).await;
    assert!(plain.error.is_none());
}
