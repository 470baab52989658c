use std::{error::Error, fmt, io};

use http::{Request, Response};
use http_body_util::Full;
use tower::{ServiceBuilder, ServiceExt};
use tower_muster::{BoxError, Outcome, select::Classify};
use tower_muster_sigv4::SigV4Layer;

use crate::{
    Alternator,
    tests::fakes::{Client, Reply},
};

#[derive(Debug)]
struct Wrapped(BoxError);

impl fmt::Display for Wrapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a layer in between")
    }
}

impl Error for Wrapped {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.0)
    }
}

#[test]
fn a_status_tells_the_outcome() {
    #[rustfmt::skip]
    let table = [
        (200, Outcome::SERVED),
        // All that the caller has to hear: a failed condition, a bad signature, an unknown table.
        (400, Outcome::SERVED),
        (404, Outcome::SERVED),
        (413, Outcome::SERVED),
        // A write that timed out may have been applied.
        (500, Outcome::AMBIGUOUS),
        // Not Alternator's own words, but a proxy's in front of it.
        (429, Outcome::OVERLOADED),
        (502, Outcome::AMBIGUOUS),
        (503, Outcome::AMBIGUOUS),
        (504, Outcome::AMBIGUOUS),
    ];
    for (status, expected) in table {
        let response = Response::builder()
            .status(status)
            .body(())
            .expect("a response");
        assert_eq!(Alternator.response(&response), expected, "{status}");
    }
}

/// The error of a request that has no Host to sign.
async fn signing_error() -> BoxError {
    let credentials = aws_credential_types::Credentials::new("key", "secret", None, None, "tests");
    let sign = SigV4Layer::new(credentials, "us-east-1", "dynamodb").expect("a layer");
    let client = Client::new(|_| Reply::Status(200));
    let service = ServiceBuilder::new().layer(sign).service(client.clone());
    let request = Request::post("/").body(Full::<bytes::Bytes>::default());
    let error = service.oneshot(request.expect("a request")).await;
    assert!(client.operations().is_empty(), "it was not sent");
    error.expect_err("no host")
}

#[tokio::test]
async fn what_cannot_be_signed_has_failed_also_within_another_error() {
    let error = signing_error().await;
    assert_eq!(Alternator.error(&*error), Outcome::FAILED);
    let error = Wrapped(Box::new(Wrapped(signing_error().await)));
    assert_eq!(Alternator.error(&error), Outcome::FAILED);
}

#[test]
fn a_refused_connection_was_never_used_and_any_other_end_is_in_doubt() {
    let of = |kind| Alternator.error(&Wrapped(io::Error::from(kind).into()));
    assert_eq!(of(io::ErrorKind::ConnectionRefused), Outcome::REFUSED);
    assert_eq!(of(io::ErrorKind::ConnectionReset), Outcome::AMBIGUOUS);
    assert_eq!(of(io::ErrorKind::TimedOut), Outcome::AMBIGUOUS);
}
