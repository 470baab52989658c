//! The layer as a user meets it: whole requests through it, and what the service below receives.
#![expect(
    clippy::expect_used,
    reason = "in tests a failed expectation is the report"
)]

mod body;
mod cached;
mod credentials;
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
