//! A node's clock: the system's, and how far the node's is off.

use std::cell::RefCell;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::SystemTime;

use http::HeaderValue;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{Duration, OffsetDateTime};

/// IMF-fixdate, RFC 9110 section 5.6.7.
const FIXDATE: &[BorrowedFormatItem<'_>] = format_description!(
    "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
);

#[derive(Debug, Default)]
pub(crate) struct Clock {
    offset_seconds: AtomicI64,
}

impl Clock {
    pub(crate) fn set_offset(&self, seconds: i64) {
        self.offset_seconds.store(seconds, Ordering::Relaxed);
    }

    pub(crate) fn now(&self) -> OffsetDateTime {
        let offset = Duration::seconds(self.offset_seconds.load(Ordering::Relaxed));
        system_time().saturating_add(offset)
    }

    /// The value of a Date header, built once per second and thread.
    pub(crate) fn date(&self) -> Option<HeaderValue> {
        thread_local! {
            static LAST: RefCell<(i64, Option<HeaderValue>)> = const { RefCell::new((0, None)) };
        }
        let now = self.now();
        LAST.with_borrow_mut(|(second, value)| {
            if value.is_none() || *second != now.unix_timestamp() {
                let text = now.format(FIXDATE).ok();
                *value = text.and_then(|text| HeaderValue::try_from(text).ok());
                *second = now.unix_timestamp();
            }
            value.clone()
        })
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the system's clock; tests move it by an offset"
)]
fn system_time() -> OffsetDateTime {
    SystemTime::now().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_moves_the_clock_and_the_date_header() {
        let clock = Clock::default();
        let before = clock.now();
        clock.set_offset(-3600);
        assert!(clock.now() < before - Duration::minutes(59));
        let early = clock.date().unwrap();
        clock.set_offset(0);
        assert_ne!(
            clock.date().unwrap(),
            early,
            "the cache goes by the second that is asked for"
        );
    }

    #[test]
    fn a_date_header_has_the_form_that_http_asks_for() {
        let text = OffsetDateTime::UNIX_EPOCH.format(FIXDATE).unwrap();
        assert_eq!(text, "Thu, 01 Jan 1970 00:00:00 GMT");
    }
}
