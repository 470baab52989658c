//! Why a Redis could not be started or reached.

use std::{error::Error, fmt, io};

use crate::TlsError;

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
    /// Its folder, or a file in it, could not be made.
    Folder(io::Error),
    /// Its certificates could not be made.
    Tls(TlsError),
    /// It ended, or did not answer in time; its own words are in the text.
    Silent(String),
    /// It could not be told something.
    #[non_exhaustive]
    Unreachable {
        /// What.
        command: String,
        /// Why.
        source: io::Error,
    },
    /// It answered with an error.
    #[non_exhaustive]
    Refused {
        /// To what.
        command: String,
        /// Its words.
        answer: String,
    },
}

impl fmt::Display for RedisError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Run { program, .. } => write!(f, "{program} could not be run"),
            Self::Folder(_) => f.write_str("its folder could not be made"),
            Self::Tls(_) => f.write_str("its certificates could not be made"),
            Self::Silent(log) => write!(f, "redis-server did not come up: {log}"),
            Self::Unreachable { command, .. } => write!(f, "{command} could not be sent"),
            Self::Refused { command, answer } => write!(f, "{command} was refused: {answer}"),
        }
    }
}

impl Error for RedisError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Run { source, .. } | Self::Folder(source) | Self::Unreachable { source, .. } => {
                Some(source)
            }
            Self::Tls(source) => Some(source),
            Self::Silent(_) | Self::Refused { .. } => None,
        }
    }
}

impl From<TlsError> for RedisError {
    fn from(source: TlsError) -> Self {
        Self::Tls(source)
    }
}
