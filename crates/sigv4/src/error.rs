//! What can go wrong before a request is sent.

use std::error::Error as StdError;
use std::fmt;
use std::time::SystemTime;

use http::HeaderName;
use time::OffsetDateTime;

use crate::BoxError;

/// The error of a request that could not be signed.
///
/// It always means that the request **was never sent**: the service below was not called. It reaches the
/// caller as a [`BoxError`]; `error.downcast_ref::<tower_muster_sigv4::Error>()` tells it from an error of the
/// service below.
///
/// No error shows a secret. [`source`](StdError::source) is what caused it, and is not repeated in the text.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    source: Option<BoxError>,
}

/// Tells why a request could not be signed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Reading the request's body failed; the body's error is the source.
    Body,
    /// The request's body is over the limit.
    #[non_exhaustive]
    BodyTooLarge {
        /// The limit, in bytes.
        limit: u64,
        /// What the body has at least: the bytes read and those it says will come.
        at_least: u64,
        /// The body's size, if it said so.
        declared: Option<u64>,
    },
    /// The body ends with trailers, which SigV4 over headers cannot sign.
    Trailers,
    /// The provider had no credentials; its error is the source.
    Credentials,
    /// The credentials are no longer valid, by our clock and by the server's.
    ///
    /// Unless they are fixed, that is said only of a server whose clock is known, or if none is to be
    /// [learned of](crate::SigV4Layer::clock_skew).
    #[non_exhaustive]
    CredentialsExpired {
        /// When they expired.
        expiry: SystemTime,
    },
    /// The time source is before 1970 or after 9999, which `x-amz-date` cannot state.
    #[non_exhaustive]
    Time {
        /// What the time source said.
        now: SystemTime,
    },
    /// There is no `Host` header, and the URI has no authority.
    HostMissing,
    /// The host is not one: not ASCII, a bad port, a user's name, two `Host` headers.
    #[non_exhaustive]
    HostInvalid {
        /// The host as it was found.
        value: String,
    },
    /// A header that is to be signed or added has a value that cannot be.
    ///
    /// The value is not shown: it may be a secret.
    #[non_exhaustive]
    Header {
        /// The header's name.
        name: HeaderName,
    },
    /// The request has too many headers that are to be signed.
    #[non_exhaustive]
    TooManyHeaders {
        /// How many one request may have.
        limit: usize,
    },
    /// The query is too long to be encoded for the signature.
    #[non_exhaustive]
    QueryTooLong {
        /// The query's length, in bytes.
        length: usize,
    },
    /// The signer refused the request; its error is the source.
    Signing,
    /// The future was polled after it had ended with an error.
    Ended,
}

impl Error {
    pub(crate) const fn new(kind: ErrorKind) -> Self {
        Self { kind, source: None }
    }

    pub(crate) fn with_source(kind: ErrorKind, source: impl Into<BoxError>) -> Self {
        Self {
            kind,
            source: Some(source.into()),
        }
    }

    /// Returns why the request could not be signed.
    pub const fn kind(&self) -> &ErrorKind {
        &self.kind
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("request not sent: ")?;
        match &self.kind {
            ErrorKind::Body => f.write_str("its body could not be read"),
            ErrorKind::BodyTooLarge {
                limit,
                declared: Some(size),
                ..
            } => {
                write!(
                    f,
                    "its body of {size} bytes is over the limit of {limit} bytes"
                )
            }
            ErrorKind::BodyTooLarge {
                limit, at_least, ..
            } => {
                write!(
                    f,
                    "its body of at least {at_least} bytes is over the limit of {limit} bytes"
                )
            }
            ErrorKind::Trailers => f.write_str("its body has trailers, which cannot be signed"),
            ErrorKind::Credentials => f.write_str("no credentials to sign it with"),
            ErrorKind::CredentialsExpired { expiry } => {
                write!(f, "the credentials expired at {}", Date(*expiry))
            }
            ErrorKind::Time { now } => {
                write!(f, "a signature cannot be dated {}", Date(*now))
            }
            ErrorKind::HostMissing => {
                f.write_str("it has neither a `host` header nor a URI with an authority")
            }
            ErrorKind::HostInvalid { value } => write!(f, "its host {value:?} is not valid"),
            ErrorKind::Header { name } => {
                write!(f, "its header `{name}` has a value that cannot be signed")
            }
            ErrorKind::TooManyHeaders { limit } => {
                write!(f, "it has more than {limit} headers to sign")
            }
            ErrorKind::QueryTooLong { length } => {
                write!(f, "its query of {length} bytes is too long to be signed")
            }
            ErrorKind::Signing => f.write_str("it could not be signed"),
            ErrorKind::Ended => f.write_str("its future had ended with an error before"),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

/// A time as people write it.
pub(crate) struct Date(pub(crate) SystemTime);

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = self
            .0
            .duration_since(SystemTime::UNIX_EPOCH)
            .ok()
            .and_then(|since| {
                let seconds = i64::try_from(since.as_secs()).ok()?;
                OffsetDateTime::from_unix_timestamp(seconds).ok()
            });
        match date {
            Some(at) => {
                let (hour, minute, second) = at.to_hms();
                write!(f, "{}T{hour:02}:{minute:02}:{second:02}Z", at.date())
            }
            None => write!(f, "{:?}", self.0),
        }
    }
}
