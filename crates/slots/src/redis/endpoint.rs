//! The address of one server, and what a URL says beside it.

use std::{fmt, path::PathBuf};

use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo};

use super::RedisError;

/// The address of one server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Endpoint {
    Tcp { host: String, port: u16, tls: bool },
    Unix(PathBuf),
}

/// What is said to a server before anything else; it never shows a password.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Credentials {
    pub(super) user: Option<String>,
    pub(super) password: Option<String>,
    pub(super) database: i64,
}

impl Endpoint {
    /// Reads a URL: the address, and the credentials that it carries.
    ///
    /// The redis crate reads it, but for TLS, which it would do with settings of its own.
    pub(super) fn read(field: &'static str, url: &str) -> Result<(Self, Credentials), RedisError> {
        let wrong = |reason| RedisError::setting(field, public_part(url), reason);
        let parsed = redis::parse_redis_url(url)
            .ok_or_else(|| wrong("must be like redis://host:6379 or redis+unix:///path"))?;
        if parsed.fragment().is_some() {
            return Err(wrong(
                "must not have a fragment: certificates are always verified",
            ));
        }
        let tls = matches!(parsed.scheme(), "rediss" | "valkeys");
        if tls && cfg!(not(feature = "tls")) {
            return Err(wrong("needs the feature `tls`"));
        }
        let plain = match url.split_once("://") {
            Some((_, rest)) if tls => format!("redis://{rest}"),
            _ => url.to_owned(),
        };
        let info = plain.into_connection_info();
        // Its words may repeat what is in the URL.
        let info = info.map_err(|_| wrong("has no host, or a database that is no number"))?;
        let endpoint = match info.addr() {
            ConnectionAddr::Unix(path) => Self::Unix(path.clone()),
            ConnectionAddr::Tcp(host, port) => Self::tcp(host, *port, tls),
            _ => return Err(wrong("is of a kind that is not known")),
        };
        let credentials = Credentials::of(&info);
        if credentials.user.is_some() && credentials.password.is_none() {
            return Err(wrong("must have a password if it has a user"));
        }
        Ok((endpoint, credentials))
    }

    pub(super) fn tcp(host: &str, port: u16, tls: bool) -> Self {
        let host = host.to_owned();
        Self::Tcp { host, port, tls }
    }

    pub(super) fn has_tls(&self) -> bool {
        matches!(self, Self::Tcp { tls: true, .. })
    }

    /// Returns where a server is that this one has named, as `host:port`, the host being left out if it is this one's.
    pub(super) fn named(&self, address: &str) -> Option<Self> {
        let (host, port) = address.rsplit_once(':')?;
        self.at(host, port.parse().ok()?)
    }

    /// As [`named`](Self::named), of a host and a port.
    pub(super) fn at(&self, host: &str, port: u16) -> Option<Self> {
        match self {
            Self::Tcp { host: own, tls, .. } => {
                let host = if host.is_empty() || host == "?" {
                    own
                } else {
                    host
                };
                Some(Self::tcp(host, port, *tls))
            }
            Self::Unix(_) if host.is_empty() => None,
            Self::Unix(_) => Some(Self::tcp(host, port, false)),
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port, .. } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Tcp { host, port, .. } => write!(f, "{host}:{port}"),
            Self::Unix(path) => path.display().fmt(f),
        }
    }
}

impl Credentials {
    fn of(info: &ConnectionInfo) -> Self {
        let settings = info.redis_settings();
        Self {
            user: settings.username().map(ToOwned::to_owned),
            password: settings.password().map(ToOwned::to_owned),
            database: settings.db(),
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("user", &self.user)
            .field("database", &self.database)
            .finish_non_exhaustive()
    }
}

/// Returns of a text that should be a URL what can be no password: scheme, host and port.
///
/// In `redis://user:secret`, whose host was forgotten, the secret stands where a port should.
fn public_part(url: &str) -> String {
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, rest)) if scheme.len() <= 12 => (scheme, rest),
        _ => return "...".to_owned(),
    };
    let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let authority = &rest[..end];
    let port = authority.rsplit_once(':').map_or("0", |(_, port)| port);
    match port.parse::<u16>() {
        Ok(_) => format!("{scheme}://{authority}"),
        Err(_) => format!("{scheme}://..."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "s3cret";

    #[test]
    fn a_url_says_the_address_the_user_the_password_and_the_database() {
        let read = |url| Endpoint::read("url", url).expect(url);
        let (endpoint, credentials) = read("redis://user:s3cret@example.com:7000/2");
        assert_eq!(endpoint.to_string(), "example.com:7000");
        assert_eq!(credentials.user.as_deref(), Some("user"));
        assert_eq!(credentials.password.as_deref(), Some(SECRET));
        assert_eq!(credentials.database, 2);
        assert_eq!(read("redis://[::1]").0.to_string(), "[::1]:6379");
        assert_eq!(read("valkey://a").0, Endpoint::tcp("a", 6379, false));
        let (endpoint, credentials) = read("redis+unix:///run/redis.sock?db=3&pass=s3cret");
        assert_eq!(endpoint, Endpoint::Unix("/run/redis.sock".into()));
        assert_eq!(credentials.password.as_deref(), Some(SECRET));
    }

    #[test]
    fn no_error_about_a_url_repeats_a_password() {
        let urls = [
            "redis://user:s3cret",
            "redis://user:s3cret@host:port",
            "redis://:s3cret@host/no-number",
            "redis://:s3cret@host:1/0#insecure",
            "http://user:s3cret@host:1",
            "redis://:a@s3cret/b@host:99999",
            "redis+unix:///run/redis.sock?db=x&pass=s3cret",
            "user:s3cret@host:1",
            "s3cret",
            "redis://user:s3cret@",
        ];
        for url in urls {
            let error = Endpoint::read("url", url).expect_err(url);
            let (shown, debug) = (error.to_string(), format!("{error:?}"));
            assert!(
                !shown.contains(SECRET) && !debug.contains(SECRET),
                "{debug}"
            );
            assert!(shown.starts_with("url is "), "{shown}");
        }
        let credentials = Endpoint::read("url", "redis://user:s3cret@host")
            .expect("a URL")
            .1;
        assert!(!format!("{credentials:?}").contains(SECRET));
    }

    #[test]
    fn a_server_that_another_names_without_a_host_is_where_the_other_is() {
        let known = Endpoint::tcp("10.0.0.1", 6379, true);
        let same = Endpoint::tcp("10.0.0.1", 6381, true);
        assert_eq!(known.named(":6381"), Some(same));
        let other = Endpoint::tcp("fd00::1", 6381, true);
        assert_eq!(known.named("fd00::1:6381"), Some(other));
        assert_eq!(known.named("nonsense"), None);
    }
}
