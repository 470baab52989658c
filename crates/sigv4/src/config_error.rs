//! What can be wrong with the settings.

use std::error::Error as StdError;
use std::fmt;
use std::time::{Duration, SystemTime};

use crate::error::Date;

/// The error of a setting that no request could be signed with.
///
/// It names the field and the value, and never a secret: of credentials, it shows when they expired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    field: &'static str,
    value: String,
    reason: Reason,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reason {
    NotInScope,
    Expired,
    NotAHeader,
    NotSignable,
    NotAnExpiry,
}

impl ConfigError {
    pub(crate) const fn scope(field: &'static str, value: String) -> Self {
        Self::new(field, value, Reason::NotInScope)
    }

    pub(crate) fn expired(expiry: SystemTime) -> Self {
        Self::new("credentials", Date(expiry).to_string(), Reason::Expired)
    }

    pub(crate) fn not_a_header(name: &str) -> Self {
        Self::new("sign_headers", name.to_owned(), Reason::NotAHeader)
    }

    pub(crate) fn not_signable(name: &str) -> Self {
        Self::new("sign_headers", name.to_owned(), Reason::NotSignable)
    }

    pub(crate) fn expires_in(value: Duration) -> Self {
        Self::new("expires_in", format!("{value:?}"), Reason::NotAnExpiry)
    }

    const fn new(field: &'static str, value: String, reason: Reason) -> Self {
        Self {
            field,
            value,
            reason,
        }
    }

    /// Returns the name of the field.
    ///
    /// It is `region`, `service`, `credentials`, `sign_headers` or `expires_in`.
    pub const fn field(&self) -> &'static str {
        self.field
    }

    /// Returns the value that was refused.
    ///
    /// Of `credentials` it is the date on which they expired.
    pub fn value(&self) -> &str {
        &self.value
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { field, value, .. } = self;
        match self.reason {
            Reason::NotInScope => write!(
                f,
                "{field} {value:?} is empty or not visible ASCII without `/` and `,`"
            ),
            Reason::Expired => write!(f, "{field} expired at {value}"),
            Reason::NotAHeader => write!(f, "{field}: {value:?} is not a header's name"),
            Reason::NotSignable => write!(
                f,
                "{field}: `{value}` cannot be signed, since transports or the signature itself change it"
            ),
            Reason::NotAnExpiry => {
                write!(f, "{field} {value} is not from 1 second to 7 days")
            }
        }
    }
}

impl StdError for ConfigError {}
