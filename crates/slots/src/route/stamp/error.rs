//! Why a request was not sent.

use std::{error::Error, fmt};

/// Says that a request was not sent since the site could not be told which slot it is about.
///
/// A site takes a request without a slot for one that needs no fence, so it is not sent without.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum StampError {
    /// The table knows nothing of the slot.
    UnknownSlot,
    /// There is no room for another header.
    TooManyHeaders,
}

impl fmt::Display for StampError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnknownSlot => "nothing is known of the request's slot",
            Self::TooManyHeaders => "the request's headers leave no room for its slot",
        })
    }
}

impl Error for StampError {}
