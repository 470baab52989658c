//! What `Transport` makes of answers and errors.

use std::{error::Error, fmt, io};

use http::{Response, StatusCode};

use crate::{
    Kind, Outcome,
    select::{Classify, Transport},
};

#[test]
fn every_status_has_its_outcome() {
    for code in 100..1000 {
        let mut response = Response::new(());
        *response.status_mut() = StatusCode::from_u16(code).expect("a status");
        let expected = match code {
            429 => Outcome::OVERLOADED,
            500 | 502 | 503 | 504 => Outcome::AMBIGUOUS,
            _ => Outcome::SERVED,
        };
        assert_eq!(
            Transport::default().response(&response),
            expected,
            "of {code}"
        );
    }
}

/// An error with a source, as clients nest them.
#[derive(Debug)]
struct Nested(Box<dyn Error + Send + Sync>);

impl fmt::Display for Nested {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nested")
    }
}

impl Error for Nested {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.0)
    }
}

#[test]
fn only_a_refused_connection_proves_that_nothing_was_sent() {
    for kind in [
        io::ErrorKind::ConnectionReset,
        io::ErrorKind::ConnectionAborted,
        io::ErrorKind::BrokenPipe,
        io::ErrorKind::TimedOut,
        io::ErrorKind::UnexpectedEof,
        io::ErrorKind::NotConnected,
        io::ErrorKind::Other,
    ] {
        let outcome = Transport::default().error(&io::Error::from(kind));
        assert_eq!(outcome, Outcome::AMBIGUOUS, "of {kind:?}");
    }
    let refused = || io::Error::from(io::ErrorKind::ConnectionRefused);
    assert_eq!(Transport::default().error(&refused()), Outcome::REFUSED);
    let nested = Nested(Nested(refused().into()).into());
    assert_eq!(Transport::default().error(&nested), Outcome::REFUSED);
    let within = Nested(io::Error::other(Nested(refused().into())).into());
    assert_eq!(Transport::default().error(&within), Outcome::REFUSED);
}

#[test]
fn an_error_that_says_nothing_is_ambiguous() {
    let outcome = Transport::default().error(&Nested("who knows".into()));
    assert_eq!(outcome, Outcome::AMBIGUOUS);
}

#[test]
fn a_classifier_of_ones_own_falls_back_on_the_transport() {
    #[derive(Clone)]
    struct Teapots;
    impl Classify for Teapots {
        fn response<B>(&self, response: &Response<B>) -> Outcome {
            match response.status() {
                StatusCode::IM_A_TEAPOT => Outcome::REFUSED,
                _ => Transport::default().response(response),
            }
        }
    }

    let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
    assert_eq!(Teapots.error(&refused).kind(), Kind::Refused);
    assert_eq!(Teapots.response(&Response::new(())), Outcome::SERVED);
}
