//! The origins that are meant for the cluster.

use std::{error::Error, fmt};

use http::{Uri, uri::Scheme};
use tower_muster::{Origin, OriginError};

/// Some origins, to be found by a URI without a copy of it.
#[derive(Debug)]
pub(super) struct Origins(Box<[Origin]>);

impl Origins {
    pub(super) fn new<I>(origins: I) -> Result<Self, PassThroughError>
    where
        I: IntoIterator<Item: AsRef<str>>,
    {
        let origins = origins.into_iter().map(|origin| origin.as_ref().parse());
        let origins: Box<[Origin]> = origins.collect::<Result<_, _>>()?;
        match origins.is_empty() {
            true => Err(PassThroughError::NoOrigin),
            false => Ok(Self(origins)),
        }
    }

    /// Whether a request to `uri` is meant for the cluster; one to nobody in particular is.
    pub(super) fn has(&self, uri: &Uri) -> bool {
        let Some(authority) = uri.authority() else {
            return true;
        };
        let default_port = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTP => 80,
            Some(scheme) if *scheme == Scheme::HTTPS => 443,
            _ => return false,
        };
        let is_it = |origin: &Origin| {
            let port = |port: Option<u16>| port.unwrap_or(default_port);
            Some(origin.scheme()) == uri.scheme()
                && origin
                    .authority()
                    .host()
                    .eq_ignore_ascii_case(authority.host())
                && port(origin.authority().port_u16()) == port(authority.port_u16())
        };
        self.0.iter().any(is_it)
    }
}

/// Says why it is not known which requests are meant for the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PassThroughError {
    /// One of the origins is none.
    Origin(OriginError),
    /// There are none, so that everything would be passed through.
    NoOrigin,
}

impl From<OriginError> for PassThroughError {
    fn from(error: OriginError) -> Self {
        Self::Origin(error)
    }
}

impl fmt::Display for PassThroughError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Origin(_) => f.write_str("origins: one of them is no origin"),
            Self::NoOrigin => f.write_str("origins: there are none"),
        }
    }
}

impl Error for PassThroughError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Origin(error) => Some(error),
            Self::NoOrigin => None,
        }
    }
}
