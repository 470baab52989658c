//! What can be wrong with the settings.

use std::{error::Error, fmt};

use http::header::{InvalidHeaderName, InvalidHeaderValue};

/// Says which setting is no header, and why.
#[derive(Debug)]
#[non_exhaustive]
pub enum HeadersError {
    /// A header to keep has no name that a header can have.
    #[non_exhaustive]
    Name {
        /// The name.
        name: String,
        /// What is wrong with it.
        source: InvalidHeaderName,
    },
    /// A `User-Agent` is no value that a header can have.
    #[non_exhaustive]
    UserAgent {
        /// The value.
        value: String,
        /// What is wrong with it.
        source: InvalidHeaderValue,
    },
}

impl fmt::Display for HeadersError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name { name, .. } => write!(f, "keeping: {name:?} is no header"),
            Self::UserAgent { value, .. } => write!(f, "user agent: {value:?} cannot be sent"),
        }
    }
}

impl Error for HeadersError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Name { source, .. } => Some(source),
            Self::UserAgent { source, .. } => Some(source),
        }
    }
}
