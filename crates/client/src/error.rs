//! What can be wrong with the settings, and with making a connection.

use std::{error::Error, fmt, time::Duration};

use crate::BoxError;
#[cfg(feature = "tls")]
use crate::TlsError;

/// Says which setting of a client is wrong.
#[derive(Debug)]
#[non_exhaustive]
pub enum ConfigError {
    /// A time is zero, within which nothing can happen.
    #[non_exhaustive]
    Zero {
        /// The setting's name.
        setting: &'static str,
    },
    /// TLS cannot be set up so.
    #[cfg(feature = "tls")]
    Tls(TlsError),
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Zero { setting } => write!(f, "{setting}: 0 s leaves no time at all"),
            #[cfg(feature = "tls")]
            Self::Tls(_) => f.write_str("tls: it cannot be set up so"),
        }
    }
}

impl Error for ConfigError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Zero { .. } => None,
            #[cfg(feature = "tls")]
            Self::Tls(error) => Some(error),
        }
    }
}

#[cfg(feature = "tls")]
impl From<TlsError> for ConfigError {
    fn from(error: TlsError) -> Self {
        Self::Tls(error)
    }
}

/// The error of a connection that was not made.
///
/// It means that nothing of a request was sent. Under hyper-util's client it is the
/// [`source`](Error::source) of an error whose `is_connect` is true.
#[derive(Debug)]
pub struct ConnectError {
    to: String,
    kind: Kind,
    source: Option<BoxError>,
}

#[derive(Debug)]
pub(crate) enum Kind {
    /// The URI says neither where nor how.
    Uri,
    /// HTTPS, and the client has no TLS.
    NoTls,
    /// The name has no addresses, or they could not be asked for.
    Resolve,
    /// It took longer than this.
    Timeout(Duration),
    /// The socket or the handshake failed.
    Failed,
}

impl ConnectError {
    pub(crate) fn new(to: impl fmt::Display, kind: Kind) -> Self {
        Self {
            to: to.to_string(),
            kind,
            source: None,
        }
    }

    pub(crate) fn because(mut self, source: impl Into<BoxError>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Tells whether the connect timeout ended the attempt.
    pub fn is_timeout(&self) -> bool {
        matches!(self.kind, Kind::Timeout(_))
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let to = &self.to;
        match self.kind {
            Kind::Uri => write!(f, "connect to {to}: it is no http or https URI with a host"),
            Kind::NoTls => write!(f, "connect to {to}: https, and the client has no TLS"),
            Kind::Resolve => write!(f, "connect to {to}: the name gave no address"),
            Kind::Timeout(limit) => {
                write!(
                    f,
                    "connect to {to}: not done within {limit:?} (connect_timeout)"
                )
            }
            Kind::Failed => write!(f, "connect to {to}: failed"),
        }
    }
}

impl Error for ConnectError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|source| &**source as _)
    }
}
