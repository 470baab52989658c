//! A configuration from one line of text.

use std::{borrow::Cow, error::Error, fmt, str::FromStr};

use percent_encoding::percent_decode_str;

use super::{
    Config,
    parameter::{ParameterError, Parameters},
};

impl FromStr for Config {
    type Err = UrlError;

    /// Reads a configuration from a URL.
    ///
    /// ```text
    /// alternator://key:secret@host:8000,host:8000/?dc=dc1&rack=rack1
    /// alternators://host:8043/
    /// ```
    ///
    /// `alternator` is HTTP with port 8000 unless another is given, `alternators` is HTTPS with 8043: ScyllaDB's own
    /// conventions. There may be several hosts; credentials are optional, and what is not a letter or digit in them
    /// is percent-encoded. The [parameters](Self#parameters) say everything else.
    ///
    /// ```
    /// use tower_muster_alternator::Config;
    ///
    /// let config: Config = "alternator://10.0.0.1,10.0.0.2/?dc=dc1&rack=rack1&deadline=5s".parse()?;
    /// let stack = config.build()?;
    /// # let _ = stack;
    /// let error = "alternator://10.0.0.1/?rak=rack1".parse::<Config>().unwrap_err();
    /// let source = std::error::Error::source(&error).expect("a reason");
    /// assert_eq!(source.to_string(), r#"there is no parameter "rak""#);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`UrlError`] names the part that is wrong, and never a secret.
    fn from_str(url: &str) -> Result<Self, UrlError> {
        let Parts {
            seeds,
            user,
            parameters,
        } = Parts::of(url)?;
        let config = parameters.apply(Self::new(seeds))?;
        match user {
            Some(user) => signing(config, user),
            None => Ok(config),
        }
    }
}

/// A URL taken apart.
pub(super) struct Parts<'a> {
    pub(super) seeds: Vec<String>,
    /// What stands before the @, if it is there.
    pub(super) user: Option<&'a str>,
    pub(super) parameters: Parameters<'a>,
}

impl<'a> Parts<'a> {
    pub(super) fn of(url: &'a str) -> Result<Self, UrlError> {
        let (scheme, rest) = url.split_once("://").ok_or(UrlError::Scheme)?;
        let (scheme, port) = match scheme {
            "alternator" => ("http", 8000),
            "alternators" => ("https", 8043),
            _ => return Err(UrlError::Scheme),
        };
        let (authority, rest) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let (user, hosts) = match authority.rsplit_once('@') {
            Some((user, hosts)) => (Some(user), hosts),
            None => (None, authority),
        };
        let query = match rest.strip_prefix('/').unwrap_or(rest) {
            "" => "",
            rest => rest.strip_prefix('?').ok_or(UrlError::Path)?,
        };
        let seeds = hosts.split(',').map(|host| seed(scheme, host, port));
        Ok(Self {
            seeds: seeds.collect(),
            user,
            parameters: parameters(query)?,
        })
    }
}

/// Host and port are looked at when the stack is built, as those of all seeds are.
fn seed(scheme: &str, host: &str, port: u16) -> String {
    let after_address = host.rfind(']').unwrap_or(0);
    match host[after_address..].contains(':') {
        true => format!("{scheme}://{host}"),
        false => format!("{scheme}://{host}:{port}"),
    }
}

fn parameters(query: &str) -> Result<Parameters<'_>, UrlError> {
    let mut parameters = Parameters::default();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = decoded(value).ok_or_else(|| UrlError::Encoding(name.to_owned()))?;
        parameters.set(name, value)?;
    }
    Ok(parameters)
}

pub(super) fn signing(config: Config, user: &str) -> Result<Config, UrlError> {
    let (key, secret) = user.split_once(':').ok_or(UrlError::Credentials)?;
    match (decoded(key), decoded(secret)) {
        (Some(key), Some(secret)) if !key.is_empty() && !secret.is_empty() => {
            Ok(config.key(&key, &secret))
        }
        _ => Err(UrlError::Credentials),
    }
}

fn decoded(text: &str) -> Option<Cow<'_, str>> {
    percent_decode_str(text).decode_utf8().ok()
}

/// Says which part of a URL is no configuration.
///
/// It shows neither the credentials nor the whole of the URL, which holds them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum UrlError {
    /// It begins with neither `alternator://` nor `alternators://`.
    Scheme,
    /// It has a path.
    Path,
    /// The user info is not a key and a secret, percent-encoded, with a colon between them.
    Credentials,
    /// The value of this parameter is not percent-encoded text.
    Encoding(String),
    /// A parameter is wrong.
    Parameter(ParameterError),
}

impl From<ParameterError> for UrlError {
    fn from(error: ParameterError) -> Self {
        Self::Parameter(error)
    }
}

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scheme => {
                f.write_str("url: it begins with neither alternator:// nor alternators://")
            }
            Self::Path => f.write_str("url: it has a path"),
            Self::Credentials => {
                f.write_str("url: before the @ are not a key and a secret with a colon between")
            }
            Self::Encoding(name) => write!(f, "url: the value of {name:?} is not text"),
            Self::Parameter(_) => f.write_str("url: a parameter cannot be used"),
        }
    }
}

impl Error for UrlError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Parameter(error) => Some(error),
            Self::Scheme | Self::Path | Self::Credentials | Self::Encoding(_) => None,
        }
    }
}
