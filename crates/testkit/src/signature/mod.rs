//! The verifying side of AWS Signature Version 4, as an Alternator node does it.
//!
//! The order of the checks and every text come from scylladb `alternator/server.cc`
//! (`verify_signature`), `alternator/auth.cc` and `utils/aws_sigv4.cc`. Three things
//! differ from what AWS does: the path is always `/` and the query empty, any set of
//! signed headers will do as long as `x-amz-date` is in it, and the region and the
//! service are whatever the client named.

mod authorization;
mod canonical;
mod keys;

use std::sync::Mutex;

use http::HeaderMap;
use http::header::{AUTHORIZATION, HOST};
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{Duration, OffsetDateTime};

use crate::api_error::ApiError;
use crate::version::Version;
use authorization::Authorization;

pub(crate) use keys::{Credentials, KeyCache, Role};

/// How far a signature's date may be from the node's clock, `utils/aws_sigv4.cc`.
const TOLERANCE: Duration = Duration::minutes(15);

const AMZ_DATE: &str = "x-amz-date";

const DATE_FORMAT: &[BorrowedFormatItem<'_>] =
    format_description!("[year][month][day]T[hour][minute][second]Z");

/// One node's check of signatures.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Verifier<'a> {
    pub(crate) credentials: &'a Mutex<Credentials>,
    pub(crate) cache: &'a KeyCache,
    pub(crate) version: Version,
    pub(crate) now: OffsetDateTime,
}

impl Verifier<'_> {
    /// Verifies the signature of a POST over its raw body.
    pub(crate) fn verify(self, headers: &HeaderMap, body: &[u8]) -> Result<(), ApiError> {
        let invalid = |text: &str| ApiError::bad_request("InvalidSignatureException", text);
        if !headers.contains_key(HOST) {
            return Err(invalid(
                "Host header is mandatory for signature verification",
            ));
        }
        let Some(header) = headers.get(AUTHORIZATION) else {
            return Err(ApiError::bad_request(
                "MissingAuthenticationTokenException",
                "Authorization header is mandatory for signature verification",
            ));
        };
        let header = String::from_utf8_lossy(header.as_bytes());
        let given = Authorization::parse(&header)?;
        let secret = self
            .cache
            .secret(given.access_key, self.credentials, self.now)
            .map_err(unrecognized)?;
        let date = check_date(&given, headers, self.now)?;
        let squeeze = self.version.squeezes_spaces();
        let canonical = canonical::request(&given, headers, body, squeeze);
        if canonical::signature(&given, &secret, &date, &canonical) == given.signature {
            return Ok(());
        }
        self.cache.forget(given.access_key);
        Err(unrecognized(self.version.wrong_signature()))
    }
}

/// Checks that the date is signed and near enough, and returns it.
fn check_date(
    given: &Authorization<'_>,
    headers: &HeaderMap,
    now: OffsetDateTime,
) -> Result<String, ApiError> {
    let invalid = |text: String| {
        let message = format!("invalid signature: {text}");
        ApiError::bad_request("InvalidSignatureException", message)
    };
    if !given.signed_headers().contains(&AMZ_DATE) {
        let text = "X-Amz-Date header is mandatory for signature verification";
        return Err(invalid(text.to_owned()));
    }
    let date = canonical::header_value(headers, AMZ_DATE, false);
    // Dates of this form compare as strings; both limits are still good.
    let (earliest, latest) = (format_date(now - TOLERANCE), format_date(now + TOLERANCE));
    if date < earliest {
        return Err(invalid(format!(
            "Signature expired: {date} is now earlier than {earliest} (current time - 15 min.)"
        )));
    }
    if date > latest {
        return Err(invalid(format!(
            "Signature not yet current: {date} is still later than {latest} (current time + 15 min.)"
        )));
    }
    let day: String = date.chars().take(8).collect();
    if day != given.date {
        return Err(invalid(format!(
            "X-Amz-Date date does not match the provided datestamp. Expected {}, got {day}",
            given.date
        )));
    }
    Ok(date)
}

fn format_date(date: OffsetDateTime) -> String {
    // Writing numbers into a string does not fail.
    date.format(DATE_FORMAT).unwrap_or_default()
}

fn unrecognized(message: impl Into<String>) -> ApiError {
    ApiError::bad_request("UnrecognizedClientException", message)
}

#[cfg(test)]
mod tests;
