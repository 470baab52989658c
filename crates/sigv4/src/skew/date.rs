//! The `Date` of a response (RFC 9110, 5.6.7).

use std::time::{Duration, SystemTime};

use http::HeaderValue;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{PrimitiveDateTime, UtcDateTime};

/// The form that every server must send; the two obsolete ones carry less and are left alone.
const IMF_FIXDATE: &[BorrowedFormatItem<'_>] = format_description!(
    "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
);

/// Before 2000 a clock is not wrong, it is not set: 2000-01-01T00:00:00Z.
const YEAR_2000: u64 = 946_684_800;

/// Reads a date from 2000 to 9999; anything else teaches nothing.
pub(super) fn read(value: &HeaderValue) -> Option<SystemTime> {
    let text = value.to_str().ok()?.trim_matches([' ', '\t']);
    let date: UtcDateTime = PrimitiveDateTime::parse(text, IMF_FIXDATE).ok()?.as_utc();
    let seconds = u64::try_from(date.unix_timestamp()).ok()?;
    let since = Duration::from_secs(seconds);
    (seconds >= YEAR_2000).then_some(SystemTime::UNIX_EPOCH + since)
}
