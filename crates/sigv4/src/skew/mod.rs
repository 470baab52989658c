//! Clocks that disagree: what the `Date` of a refusal teaches.
//!
//! A server refuses a signature whose date is more than 15 minutes from its own. Its refusal says in `Date`
//! what time it has. The difference is remembered per host, since each node of a cluster has its own clock.

mod date;
mod offsets;

use std::time::SystemTime;

use http::header::DATE;
use http::{HeaderMap, StatusCode};

pub(crate) use self::offsets::{Offset, Offsets};

/// Seconds between two clocks that are not worth a second send: 4 minutes.
///
/// The AWS SDK for Java 2.x takes 4 minutes too (`ClockSkew.CLOCK_SKEW_ADJUST_THRESHOLD`), the one for
/// JavaScript 5 (`isClockSkewed`). Servers refuse at 15: DynamoDB, S3, ScyllaDB Alternator
/// (`utils/aws_sigv4.cc`).
const THRESHOLD: u64 = 4 * 60;

/// Returns how far the server's clock is ahead of `now`, if a refusal shows that `used` was wrong.
///
/// `now` is read when the response is there: a call that took long is not a clock that is wrong.
pub(crate) fn learned(
    status: StatusCode,
    headers: &HeaderMap,
    now: SystemTime,
    used: Offset,
) -> Option<Offset> {
    if !may_be_refused_for_its_date(status) {
        return None;
    }
    let server = date::read(headers.get(DATE)?)?;
    let offset = Offset::between(now, server)?;
    (offset.distance(used) > THRESHOLD).then(|| offset.or_none_within(THRESHOLD))
}

/// Tells whether a server may have answered so because it took the date for wrong.
///
/// DynamoDB and ScyllaDB Alternator answer 400, S3 and most others 403, a few 401.
pub(crate) fn may_be_refused_for_its_date(status: StatusCode) -> bool {
    [
        StatusCode::BAD_REQUEST,
        StatusCode::UNAUTHORIZED,
        StatusCode::FORBIDDEN,
    ]
    .contains(&status)
}

#[cfg(test)]
mod tests;
