//! The layer as a user meets it: whole requests through it, and what the service below receives.
#![expect(
    clippy::expect_used,
    reason = "in tests a failed expectation is the report"
)]

mod body;
mod credentials;
mod headers;
mod host;
mod properties;
mod readiness;
mod support;
mod vector;
