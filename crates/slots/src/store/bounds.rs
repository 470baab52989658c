//! How large what Redis holds may be.

/// The largest notice: Redis itself drops a subscriber that is 32 MB behind (`client-output-buffer-limit pubsub`
/// in its redis.conf).
pub(super) const MOST_NOTICE: usize = 32 << 20;

/// The largest member: an origin and two names, of a kilobyte each, and a weight.
pub(super) const MOST_MEMBER: usize = 4_096;

/// The largest number that scripts count with, so that a double holds it exactly: 15 digits.
pub(super) const MOST_NUMBER: u64 = 999_999_999_999_999;

/// The largest epoch or version that a site can have seen: so far below [`MOST_NUMBER`] that what grows from it never
/// gets there, and far above what a clock in milliseconds gives.
pub(super) const MOST_SEEN: u64 = 900_000_000_000_000;

/// How much of something malformed is shown.
const SHOWN: usize = 80;

/// The beginning of something malformed, for an error.
pub(super) fn beginning(text: &str) -> String {
    text.chars().take(SHOWN).collect()
}
