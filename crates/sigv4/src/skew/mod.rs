//! Clocks that disagree: what the `Date` of a refusal teaches.
//!
//! A server refuses a signature whose date is more than 15 minutes from its own. Its refusal says in `Date`
//! what time it has. The difference is remembered per host, since each node of a cluster has its own clock.
//!
//! Whether it was refused for that is not known: the body that may say so is not read. The second send shows it.

mod date;
mod offsets;
mod vain;

use std::time::SystemTime;

use http::header::DATE;
use http::{HeaderMap, Response, StatusCode, header::CONTENT_LENGTH};

use self::vain::Vain;

pub(crate) use self::offsets::{Offset, Offsets};

/// What is known of the hosts' clocks.
#[derive(Debug, Default)]
pub(crate) struct Skew {
    pub(crate) offsets: Offsets,
    vain: Vain,
}

/// What two refusals for one reason have in common; one that names a date is longer than others, or shorter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Look {
    status: StatusCode,
    /// The most if it is not said; small, as each call has the room for it.
    length: u32,
}

/// Seconds between two clocks that are not worth a second send: 4 minutes.
///
/// The AWS SDK for Java 2.x takes 4 minutes too (`ClockSkew.CLOCK_SKEW_ADJUST_THRESHOLD`), the one for
/// JavaScript 5 (`isClockSkewed`). Servers refuse at 15: DynamoDB, S3, ScyllaDB Alternator
/// (`utils/aws_sigv4.cc`).
const THRESHOLD: u64 = 4 * 60;

/// Seconds between two clocks that no server refuses which allows for 15 minutes: 14 minutes.
///
/// One less: the date of a refusal may have been on its way for a while.
const SURELY_TAKEN: u64 = 14 * 60;

impl Skew {
    /// Tells whether to send again what was signed with `used`, now that the host's offset seems to be `offset`.
    ///
    /// A clock that is so little off may be no reason for any refusal of this host. If a second send did not help
    /// just now, it is none for this one.
    pub(crate) fn is_worth_a_send(
        &self,
        host: &str,
        offset: Offset,
        used: Offset,
        now: SystemTime,
    ) -> bool {
        offset.distance(used) > SURELY_TAKEN || !self.vain.holds(host, now)
    }

    /// Notes that a second send did not help.
    pub(crate) fn was_in_vain(&self, host: &str, now: SystemTime) {
        self.vain.note(host, now);
    }
}

impl Look {
    pub(crate) fn of<R>(refusal: &Response<R>) -> Self {
        let length = refusal.headers().get(CONTENT_LENGTH);
        let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
        Self {
            status: refusal.status(),
            length: length.unwrap_or(u32::MAX),
        }
    }
}

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
