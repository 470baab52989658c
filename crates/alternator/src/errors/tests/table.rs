//! What each error of Alternator means, by texts that its versions use.

use http::{Response, StatusCode};
use tower_muster::{Blame, Outcome, select::Classify};

use super::super::{ApiError, ClassifyError, Outcomes};
use crate::Alternator;

const DOUBT: Outcome = Outcome::AMBIGUOUS.blaming(Blame::Nobody);
const STALE_KEY: Outcome = Outcome::REFUSED.blaming(Blame::Nobody);
const LIMIT: &str = "RequestLimitExceeded";
const INTERNAL: &str = "InternalServerError";
const UNKNOWN_CLIENT: &str = "UnrecognizedClientException";
const INVALID: &str = "InvalidSignatureException";

#[rustfmt::skip]
const TABLE: [(u16, &str, &str, Outcome); 39] = [
    (400, LIMIT, "too many in-flight requests (configured via max_concurrent_requests_per_shard): 17", Outcome::OVERLOADED),
    (400, LIMIT, "Per-partition rate limit reached for alternator_t.t, rejected by coordinator", Outcome::FAILED),
    (400, LIMIT, "Per-partition rate limit reached for alternator_t.t, rejected by replicas", Outcome::FAILED),
    (400, UNKNOWN_CLIENT, "wrong signature", STALE_KEY),
    (400, UNKNOWN_CLIENT, "The security token included in the request is invalid.", STALE_KEY),
    (400, UNKNOWN_CLIENT, "User not found: alternator", STALE_KEY),
    (400, UNKNOWN_CLIENT, "Role alternator has login=false so cannot be used for login", STALE_KEY),
    (400, INVALID, "invalid signature: Signature expired: 20260102T030405Z is now earlier than 20260102T040405Z (current time - 15 min.)", Outcome::REFUSED),
    (400, INVALID, "invalid signature: Signature not yet current: 20260102T030405Z is still later than 20260102T020405Z (current time + 15 min.)", Outcome::REFUSED),
    (400, INVALID, "Host header is mandatory for signature verification", Outcome::SERVED),
    (400, INVALID, "invalid signature: X-Amz-Date date does not match the provided datestamp. Expected 20260102, got 20260103", Outcome::SERVED),
    (400, "MissingAuthenticationTokenException", "Authorization header is mandatory for signature verification", Outcome::SERVED),
    (400, "ValidationException", "Parsing JSON failed: Invalid value. at 0", Outcome::SERVED),
    (400, "SerializationException", "bad base64", Outcome::SERVED),
    (400, "ResourceNotFoundException", "Requested resource not found: Table: t not found", Outcome::SERVED),
    (400, "ResourceInUseException", "Table t already exists", Outcome::SERVED),
    (400, "ConditionalCheckFailedException", "The conditional request failed", Outcome::SERVED),
    (400, "AccessDeniedException", "no permission", Outcome::SERVED),
    (400, "UnknownOperationException", "Unsupported operation TransactWriteItems", Outcome::SERVED),
    (400, "LimitExceededException", "more than one index change", Outcome::SERVED),
    (400, "ExpiredIteratorException", "expired", Outcome::SERVED),
    (400, "TrimmedDataAccessException", "trimmed", Outcome::SERVED),
    (413, "PayloadTooLarge", "Request content length limit of 16777216 bytes exceeded", Outcome::SERVED),
    (500, INTERNAL, "Internal server error: exceptions::unavailable_exception (Cannot achieve consistency level for cl LOCAL_QUORUM. Requires 2, alive 1)", Outcome::REFUSED),
    (500, INTERNAL, "Internal server error: Cannot achieve consistency level for cl LOCAL_ONE. Requires 1, alive 0", Outcome::REFUSED),
    (500, INTERNAL, "Internal server error: exceptions::mutation_write_timeout_exception (Operation timed out for alternator_t.t - received only 1 responses from 2 CL=LOCAL_QUORUM.)", DOUBT),
    (500, INTERNAL, "Internal server error: Operation timed out for alternator_t.t - received only 1 responses from 2 CL=LOCAL_QUORUM.", DOUBT),
    (500, INTERNAL, "Internal server error: exceptions::mutation_write_failure_exception (Operation failed for alternator_t.t - received 1 responses and 1 failures from 2 CL=LOCAL_QUORUM.)", DOUBT),
    (500, INTERNAL, "Internal server error: exceptions::mutation_write_timeout_exception (Failed to accept 7-8 for alternator_t.t: write timeout due to uncertainty. Replica errors: )", DOUBT),
    (500, INTERNAL, "Operation timed out for alternator_t.t - received only 1 responses from 2 CL=LOCAL_SERIAL.", DOUBT),
    (500, INTERNAL, "Internal server error: exceptions::rate_limit_exception (Per-partition rate limit reached)", Outcome::FAILED),
    (500, INTERNAL, "Internal server error: exceptions::overloaded_exception (Too many in flight hints: 9)", DOUBT),
    (500, INTERNAL, "Unsupported Content-Encoding", Outcome::FAILED),
    (500, INTERNAL, "Error during gzip decompression of request body", Outcome::FAILED),
    (500, INTERNAL, "Truncated gzip in request body", Outcome::FAILED),
    (500, INTERNAL, "Internal server error: std::runtime_error (sl:default: wait queue overload)", Outcome::AMBIGUOUS),
    (500, INTERNAL, "The operation was successful, but unable to confirm cluster-wide schema agreement after 30 seconds. Please retry the operation", Outcome::AMBIGUOUS),
    (500, INTERNAL, "", Outcome::AMBIGUOUS),
    (503, "ServiceUnavailable", "a proxy in front of it", Outcome::AMBIGUOUS),
];

fn error(status: u16, code: &str, message: &str) -> ApiError {
    ApiError::new(
        StatusCode::from_u16(status).expect("a status"),
        code,
        message,
    )
}

#[test]
fn each_error_means_what_the_server_means_by_it() {
    for (status, code, message, expected) in TABLE {
        let error = error(status, code, message);
        assert_eq!(
            Alternator.classify_error(&error),
            expected,
            "{status} {code}: {message}"
        );
    }
}

#[test]
fn what_a_second_node_says_of_a_signature_is_final() {
    for (status, code, message, expected) in TABLE {
        let error = error(status, code, message).once_more();
        let outcome = Alternator.classify_error(&error);
        match code {
            UNKNOWN_CLIENT => assert_eq!(outcome, Outcome::FAILED, "{message}"),
            INVALID if message.contains("current") => assert_eq!(outcome, Outcome::FAILED),
            _ => assert_eq!(outcome, expected, "{code}: {message}"),
        }
    }
}

#[test]
fn rules_of_ones_own_take_the_place_of_the_table() {
    let rules = Outcomes::by(|error: &ApiError| match error.code() {
        "ResourceNotFoundException" => Outcome::REFUSED,
        _ => Alternator.classify_error(error),
    });
    let classify = |code: &str| {
        let mut response = Response::builder()
            .status(400)
            .body(())
            .expect("a response");
        response.extensions_mut().insert(error(400, code, ""));
        (
            rules.response(&response),
            Outcomes::default().response(&response),
        )
    };
    assert_eq!(
        classify("ResourceNotFoundException"),
        (Outcome::REFUSED, Outcome::SERVED)
    );
    assert_eq!(
        classify("ValidationException"),
        (Outcome::SERVED, Outcome::SERVED)
    );
}

#[test]
fn the_text_of_an_error_is_not_shown() {
    let text = "Authorization header must use AWS4-HMAC-SHA256 algorithm: Basic c2VjcmV0";
    let shown = format!("{:?}", error(400, INVALID, text));
    assert!(
        shown.contains(INVALID) && !shown.contains("c2VjcmV0"),
        "{shown}"
    );
}
