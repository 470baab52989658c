//! Why a body cannot be decoded.

use std::{error::Error, fmt, io};

use crate::compression::Encoding;

/// Says why the body of a response cannot be decoded.
///
/// It is inside the [`BoxError`](tower_muster::BoxError) of a [`DecodedBody`](super::DecodedBody), to be found
/// by `downcast_ref`.
#[derive(Debug)]
#[non_exhaustive]
pub enum DecodeError {
    /// The body is not what its `Content-Encoding` says.
    #[non_exhaustive]
    Corrupt {
        /// The encoding that was named.
        encoding: Encoding,
        /// What is wrong.
        source: io::Error,
    },
    /// The body ends too early.
    #[non_exhaustive]
    Truncated {
        /// The encoding that was named.
        encoding: Encoding,
    },
    /// The body is decoded to more than the [limit](super::ResponseCompression::limit).
    #[non_exhaustive]
    TooLarge {
        /// The encoding that was named.
        encoding: Encoding,
        /// How many bytes there may be.
        limit: u64,
    },
}

impl DecodeError {
    pub(super) fn new(encoding: Encoding, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::UnexpectedEof => Self::Truncated { encoding },
            _ => Self::Corrupt { encoding, source },
        }
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Corrupt { encoding, .. } => write!(f, "response body: it is no {encoding}"),
            Self::Truncated { encoding } => {
                write!(f, "response body: the {encoding} ends too early")
            }
            Self::TooLarge { encoding, limit } => {
                write!(
                    f,
                    "response body: the {encoding} holds more than {limit} bytes"
                )
            }
        }
    }
}

impl Error for DecodeError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Corrupt { source, .. } => Some(source),
            Self::Truncated { .. } | Self::TooLarge { .. } => None,
        }
    }
}
