//! What an answer of Alternator means.

use std::error::Error;

use http::Response;
use tower_muster::{
    Outcome,
    select::{Classify, Transport},
};

use crate::Alternator;

/// By the status alone: Alternator answers 500 for a timeout that may have written, so 500 is ambiguous,
/// and 400 for everything that the caller has to hear.
impl Classify for Alternator {
    fn response<B>(&self, response: &Response<B>) -> Outcome {
        Transport::default().response(response)
    }

    fn error(&self, error: &(dyn Error + 'static)) -> Outcome {
        let mut sources = std::iter::successors(Some(error), |&error| error.source());
        if sources.any(|error| error.is::<tower_muster_sigv4::Error>()) {
            // What cannot be signed was not sent, and no other node changes that.
            return Outcome::FAILED;
        }
        Transport::default().error(error)
    }
}

#[cfg(test)]
mod tests;
