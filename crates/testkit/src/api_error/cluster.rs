//! The errors of what lies behind the node that was asked, in the server's words.
//!
//! The texts are those of scylladb `exceptions/exceptions.cc`. On the paths that
//! throw, which all writes take, the exception's type stands before them.

use http::StatusCode;

use super::ApiError;

/// What an operation does, which decides how its failure is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
}

/// Too few replicas are alive, so nothing was begun.
pub(crate) fn unavailable(access: Access, required: usize, alive: usize) -> ApiError {
    let text = format!(
        "Cannot achieve consistency level for cl LOCAL_QUORUM. Requires {required}, alive {alive}"
    );
    thrown(access, "unavailable_exception", &text)
}

/// Too few replicas answered in time; those that did have applied it.
pub(crate) fn timed_out(access: Access, table: &str) -> ApiError {
    let exception = match access {
        Access::Read => "read_timeout_exception",
        Access::Write => "mutation_write_timeout_exception",
    };
    let text = format!(
        "Operation timed out for alternator_{table}.{table} - received only 1 responses from 2 CL=LOCAL_QUORUM."
    );
    thrown(access, exception, &text)
}

/// Another coordinator's ballot came between, after this one's was promised.
pub(crate) fn uncertain(table: &str, ballot: &str) -> ApiError {
    let text = format!(
        "Failed to accept {ballot} for alternator_{table}.{table}: write timeout due to uncertainty. Replica errors: none"
    );
    thrown(Access::Write, "mutation_write_timeout_exception", &text)
}

/// The partition has had its share; reads are told so properly, writes are not.
pub(crate) fn rate_limited(access: Access, table: &str) -> ApiError {
    let text = format!(
        "Per-partition rate limit reached for {} in table alternator_{table}.{table}, rejected by replicas",
        match access {
            Access::Read => "reads",
            Access::Write => "writes",
        }
    );
    match access {
        Access::Read => ApiError::bad_request("RequestLimitExceeded", text),
        Access::Write => thrown(access, "rate_limit_exception", &text),
    }
}

/// The node itself has enough to do.
pub(crate) fn too_many_in_flight(count: u64) -> ApiError {
    ApiError::bad_request(
        "RequestLimitExceeded",
        format!(
            "too many in-flight requests (configured via max_concurrent_requests_per_shard): {count}"
        ),
    )
}

/// The server's own text and no other; what it says of a body that it cannot decode.
pub(crate) fn plain(text: &str) -> ApiError {
    ApiError::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "InternalServerError",
        text,
    )
}

fn thrown(access: Access, exception: &str, text: &str) -> ApiError {
    match access {
        Access::Read => ApiError::internal(text),
        Access::Write => ApiError::internal(&format!("exceptions::{exception} ({text})")),
    }
}
