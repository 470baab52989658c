//! Why a Redis could not be started or reached.

use std::{error::Error, fmt, io};

/// Says why a Redis could not be started or reached.
#[derive(Debug)]
#[non_exhaustive]
pub enum RedisError {
    /// The program could not be run.
    #[non_exhaustive]
    Run {
        /// Which one.
        program: String,
        /// Why.
        source: io::Error,
    },
    /// Its folder could not be made.
    Folder(io::Error),
    /// It ended, or did not answer in time; its own words are in the text.
    Silent(String),
}

impl fmt::Display for RedisError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Run { program, .. } => write!(f, "{program} could not be run"),
            Self::Folder(_) => f.write_str("its folder could not be made"),
            Self::Silent(log) => write!(f, "redis-server did not come up: {log}"),
        }
    }
}

impl Error for RedisError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Run { source, .. } | Self::Folder(source) => Some(source),
            Self::Silent(_) => None,
        }
    }
}
