//! Says what an answer or an error shows.

use std::{error::Error, io};

use http::{Response, StatusCode};

use crate::{outcome::Outcome, sources};

/// Says what one attempt showed.
///
/// It decides what may be sent again and what counts against a node, so when in doubt it says
/// [`AMBIGUOUS`](Outcome::AMBIGUOUS).
pub trait Classify: Clone + Send + Sync + 'static {
    /// Classifies a response by its head.
    fn response<B>(&self, response: &Response<B>) -> Outcome;

    /// Classifies the error of the client below.
    fn error(&self, error: &(dyn Error + 'static)) -> Outcome {
        Transport::default().error(error)
    }
}

/// Classifies by what HTTP itself says, whatever the API on top.
///
/// | what | outcome |
/// |---|---|
/// | connection refused, or not made for another reason | refused |
/// | a request that the client gives back unsent | refused, and nobody is to blame |
/// | any other error after sending has begun | ambiguous |
/// | an error in the request itself | failed |
/// | 429 Too Many Requests | overloaded |
/// | 500, 502, 503, 504 | ambiguous |
/// | any other response | served |
///
/// Whether something was sent is known of hyper-util's client, with the feature `hyper-util`. Of another
/// client it is known when the connection was refused; all else is ambiguous.
#[derive(Debug, Clone, Copy, Default)]
pub struct Transport(());

impl Classify for Transport {
    fn response<B>(&self, response: &Response<B>) -> Outcome {
        match response.status() {
            StatusCode::TOO_MANY_REQUESTS => Outcome::OVERLOADED,
            StatusCode::INTERNAL_SERVER_ERROR
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT => Outcome::AMBIGUOUS,
            _ => Outcome::SERVED,
        }
    }

    fn error(&self, error: &(dyn Error + 'static)) -> Outcome {
        #[cfg(feature = "hyper-util")]
        if let Some(outcome) = super::sent::classify(error) {
            return outcome;
        }
        let refused = sources(error).any(|error| {
            let io = error.downcast_ref::<io::Error>();
            io.is_some_and(|io| io.kind() == io::ErrorKind::ConnectionRefused)
        });
        // Only the making of a connection can be refused, so nothing was sent on it.
        if refused {
            Outcome::REFUSED
        } else {
            Outcome::AMBIGUOUS
        }
    }
}
