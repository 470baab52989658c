//! The layer as a user meets it: whole requests through it, and what the service below receives.
#![expect(
    clippy::expect_used,
    reason = "in tests a failed expectation is the report"
)]

mod ahead_of_the_end;
mod body;
mod cached;
mod credentials;
mod credentials_and_clocks;
mod golden;
mod headers;
mod host;
mod presign;
mod properties;
mod readiness;
mod skew;
mod support;
mod unsigned;
mod vector;
