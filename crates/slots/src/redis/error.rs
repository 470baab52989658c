//! Says why Redis cannot be used, or did not do what it was asked.

use std::{error::Error, fmt, time::Duration};

/// What lies behind an error, of whichever library.
pub(super) type Source = Box<dyn Error + Send + Sync>;

/// Says why Redis cannot be used, or did not do what it was asked.
///
/// No password is ever part of it. [`Timeout`](Self::Timeout) and [`Lost`](Self::Lost) leave open whether the command
/// was carried out; after all others it was not.
#[derive(Debug)]
#[non_exhaustive]
pub enum RedisError {
    /// A setting cannot be used.
    #[non_exhaustive]
    Setting {
        /// Which one.
        field: &'static str,
        /// What it is, without user and password.
        value: String,
        /// What about it cannot be.
        reason: &'static str,
        /// Why, if another library says so.
        source: Option<Source>,
    },
    /// No connection could be made; nothing was sent.
    #[non_exhaustive]
    Unreachable {
        /// Where Redis should be.
        address: String,
        /// Why.
        source: Source,
    },
    /// The user, the password or the permissions do not suffice.
    #[non_exhaustive]
    Refused {
        /// By which server.
        address: String,
        /// The code of its answer, such as `WRONGPASS` or `NOPERM`.
        code: String,
        /// The rest of its answer.
        detail: String,
    },
    /// The server is older than what is needed.
    #[non_exhaustive]
    TooOld {
        /// Which server.
        address: String,
        /// Its version.
        found: String,
        /// The oldest that can be used.
        needed: &'static str,
    },
    /// The server takes no commands at present: it loads its data, or is no master. Nothing was carried out.
    #[non_exhaustive]
    Unready {
        /// Which server.
        address: String,
        /// The code of its answer, such as `LOADING` or `CLUSTERDOWN`.
        code: String,
        /// The rest of its answer.
        detail: String,
    },
    /// There was no answer in time; the command may have been carried out, or be carried out yet.
    #[non_exhaustive]
    Timeout {
        /// By which server.
        address: String,
        /// How long it had.
        after: Duration,
    },
    /// The connection was lost before the answer came; the command may have been carried out.
    #[non_exhaustive]
    Lost {
        /// That to which server.
        address: String,
        /// How.
        source: Source,
    },
    /// The server answered with an error.
    #[non_exhaustive]
    Script {
        /// Which script or command it was.
        script: &'static str,
        /// The code of the answer: its first word.
        code: String,
        /// The rest of the answer.
        detail: String,
    },
}

impl RedisError {
    pub(super) fn setting(
        field: &'static str,
        value: impl Into<String>,
        reason: &'static str,
    ) -> Self {
        Self::Setting {
            field,
            value: value.into(),
            reason,
            source: None,
        }
    }

    pub(super) fn unreachable(address: impl fmt::Display, source: impl Into<Source>) -> Self {
        Self::Unreachable {
            address: address.to_string(),
            source: source.into(),
        }
    }
}

impl fmt::Display for RedisError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Setting {
                field,
                value,
                reason,
                ..
            } => write!(f, "{field} is {value:?}, and {reason}"),
            Self::Unreachable { address, .. } => write!(f, "redis at {address} cannot be reached"),
            Self::Refused {
                address,
                code,
                detail,
            } => write!(f, "redis at {address} refused: {code} {detail}"),
            Self::TooOld {
                address,
                found,
                needed,
            } => write!(
                f,
                "redis at {address} is version {found}, and must be at least {needed}"
            ),
            Self::Unready {
                address,
                code,
                detail,
            } => write!(f, "redis at {address} is not ready: {code} {detail}"),
            Self::Timeout { address, after } => {
                write!(f, "redis at {address} did not answer within {after:?}")
            }
            Self::Lost { address, .. } => {
                write!(f, "the connection to redis at {address} was lost")
            }
            Self::Script {
                script,
                code,
                detail,
            } => write!(f, "{script} was answered with {code} {detail}"),
        }
    }
}

impl Error for RedisError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Setting {
                source: Some(source),
                ..
            }
            | Self::Unreachable { source, .. }
            | Self::Lost { source, .. } => Some(&**source),
            _ => None,
        }
    }
}
