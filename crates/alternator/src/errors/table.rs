//! What each error means.

use http::StatusCode;
use tower_muster::{Blame, Outcome};

use super::ApiError;

/// The first row that fits, of those for the error's status.
pub(super) fn outcome(error: &ApiError) -> Outcome {
    let message = error.message();
    match (error.status(), error.code()) {
        (StatusCode::BAD_REQUEST, "RequestLimitExceeded") => {
            match message.contains("in-flight requests") {
                true => Outcome::OVERLOADED,
                false => Outcome::FAILED,
            }
        }
        (StatusCode::BAD_REQUEST, "UnrecognizedClientException") => {
            once(error, Outcome::REFUSED.blaming(Blame::Nobody))
        }
        (StatusCode::BAD_REQUEST, "InvalidSignatureException") if is_about_time(message) => {
            once(error, Outcome::REFUSED)
        }
        (StatusCode::INTERNAL_SERVER_ERROR, _) => {
            let row = TEXTS.iter().find(|(parts, _)| holds_any(message, parts));
            row.map_or(Outcome::AMBIGUOUS, |(_, outcome)| *outcome)
        }
        (status, _) if status.is_server_error() => Outcome::AMBIGUOUS,
        (StatusCode::TOO_MANY_REQUESTS, _) => Outcome::OVERLOADED,
        _ => Outcome::SERVED,
    }
}

const NOBODY: Outcome = Outcome::AMBIGUOUS.blaming(Blame::Nobody);

/// Parts of the texts that come with a 500.
const TEXTS: [(&[&str], Outcome); 5] = [
    // `exceptions::unavailable_exception`, before anything was written.
    (
        &["unavailable_exception", "Cannot achieve consistency level"],
        Outcome::REFUSED,
    ),
    // `read_request_body` and what decompresses it.
    (
        &[
            "Unsupported Content-Encoding",
            "decompression of request body",
            "Truncated gzip",
            "Truncated deflate",
        ],
        Outcome::FAILED,
    ),
    // Timeouts, failures, and ballots in doubt (scylladb#16261), of reads and writes.
    (
        &[
            "_timeout_exception",
            "_failure_exception",
            "Operation timed out",
            "Operation failed",
            "due to uncertainty",
        ],
        NOBODY,
    ),
    // How writes tell of a partition's rate limit, which no other node is going to lift.
    (&["rate_limit_exception"], Outcome::FAILED),
    // Too many hints, or too much of a write's background.
    (&["overloaded_exception"], NOBODY),
];

fn holds_any(message: &str, parts: &[&str]) -> bool {
    parts.iter().any(|part| message.contains(part))
}

/// Another node may say otherwise, but two that agree are right.
fn once(error: &ApiError, outcome: Outcome) -> Outcome {
    match error.was_complained_of() {
        false => outcome,
        true => Outcome::FAILED,
    }
}

fn is_about_time(message: &str) -> bool {
    holds_any(message, &["Signature expired", "Signature not yet current"])
}
