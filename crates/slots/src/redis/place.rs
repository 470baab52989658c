//! Where the group's Redis is.

use super::{
    RedisError,
    endpoint::{Credentials, Endpoint},
};

#[cfg(feature = "tls")]
use super::tls::TlsSettings;

/// Bounds the servers that can be named: one that answers is enough.
const MOST_SERVERS: usize = 64;

/// Says where the group's Redis is: one server, Sentinel or Cluster.
///
/// A URL is `redis://[user:password@]host[:port][/database]`, `rediss://` for TLS (with the feature `tls`), or
/// `redis+unix:///path[?user=..&pass=..&db=..]`; what is special in a user or password is percent-encoded. Redis 6.2
/// or later, or a server that speaks as it does.
///
/// A user needs the commands `evalsha`, `script|load`, `multi`, `exec`, `ping`, `publish` and `subscribe`, and what the
/// scripts use, on the group's keys and channel. `client|info` and `client|kill` are good to have: with them a
/// connection that did not answer is ended at the server, so that what timed out on it is not carried out late.
///
/// It shows no password, and connects to nothing by itself.
///
/// # Clone
///
/// Copies the settings.
///
/// ```
/// use tower_muster_slots::Redis;
///
/// let one = Redis::at("redis://127.0.0.1:6379")?.authenticated("counters", "s3cret");
/// assert!(!format!("{one:?}").contains("s3cret"));
///
/// let urls = ["redis://10.0.0.1:26379", "redis://10.0.0.2:26379", "redis://10.0.0.3:26379"];
/// let watched = Redis::sentinel("mymaster", urls)?;
/// let spread = Redis::cluster(["redis://10.0.0.1:7000", "redis://10.0.0.2:7000"])?;
///
/// let error = Redis::at("redis://user:s3cret@host:port").unwrap_err();
/// let expected = r#"url is "redis://...", and must be like redis://host:6379 or redis+unix:///path"#;
/// assert_eq!(error.to_string(), expected);
/// # let _ = (watched, spread);
/// # Ok::<(), tower_muster_slots::RedisError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Redis {
    pub(super) place: Place,
    /// What the servers are told.
    pub(super) credentials: Credentials,
    /// What the sentinels are told.
    pub(super) finders: Credentials,
    #[cfg(feature = "tls")]
    pub(super) tls: TlsSettings,
}

/// How the server that takes writes is found.
#[derive(Debug, Clone)]
pub(super) enum Place {
    Server(Endpoint),
    Sentinel { name: String, by: Vec<Endpoint> },
    Cluster(Vec<Endpoint>),
}

impl Redis {
    /// Describes one server.
    ///
    /// # Errors
    ///
    /// [`RedisError::Setting`] if the URL cannot be used.
    pub fn at(url: &str) -> Result<Self, RedisError> {
        let (endpoint, credentials) = Endpoint::read("url", url)?;
        Ok(Self::new(Place::Server(endpoint), credentials))
    }

    /// Describes the master of this name, which Sentinel watches and replaces.
    ///
    /// Users and passwords in the URLs are for the sentinels; those for the servers are given to
    /// [`authenticated`](Self::authenticated). TLS goes for both.
    ///
    /// # Errors
    ///
    /// [`RedisError::Setting`] if the name is empty, a URL cannot be used, there is none or more than 64, or they
    /// differ in more than the address.
    pub fn sentinel(
        name: &str,
        urls: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Result<Self, RedisError> {
        if name.is_empty() || name.contains(char::is_whitespace) {
            let reason = "must be the name by which Sentinel knows the master";
            return Err(RedisError::setting("sentinel", name, reason));
        }
        let (by, finders) = read_all(urls)?;
        let name = name.to_owned();
        let place = Place::Sentinel { name, by };
        let servers = Credentials::default();
        Ok(Self {
            finders,
            ..Self::new(place, servers)
        })
    }

    /// Describes a cluster by some of its nodes; the others are learned from them.
    ///
    /// All keys of a group are in one hash slot. While that moves to another node, between the first of the keys and the
    /// last, the cluster answers `TRYAGAIN` to whoever needs all of them: move the four together, within a lease.
    ///
    /// # Errors
    ///
    /// [`RedisError::Setting`] if a URL cannot be used, there is none or more than 64, they differ in more than the
    /// address, or name another database than 0.
    pub fn cluster(urls: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Self, RedisError> {
        let (nodes, credentials) = read_all(urls)?;
        match credentials.database {
            0 => Ok(Self::new(Place::Cluster(nodes), credentials)),
            number => Err(RedisError::setting(
                "database",
                number.to_string(),
                "must be 0 in a cluster",
            )),
        }
    }

    /// Sets the user and the password for the servers, instead of those in the URL.
    #[must_use]
    pub fn authenticated(mut self, user: impl Into<String>, password: impl Into<String>) -> Self {
        self.credentials.user = Some(user.into());
        self.credentials.password = Some(password.into());
        self
    }

    /// Sets the password of the default user for the servers, instead of what the URL says.
    #[must_use]
    pub fn password(mut self, password: impl Into<String>) -> Self {
        self.credentials.user = None;
        self.credentials.password = Some(password.into());
        self
    }

    /// Trusts these authorities, as PEM, instead of those that the machine does.
    ///
    /// # Errors
    ///
    /// [`RedisError::Setting`] if it is no certificate of an authority.
    #[cfg(feature = "tls")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
    pub fn ca_pem(mut self, pem: impl AsRef<[u8]>) -> Result<Self, RedisError> {
        self.tls.trust(pem.as_ref())?;
        Ok(self)
    }

    /// Shows this certificate to servers that ask for one, with its chain, as PEM.
    ///
    /// # Errors
    ///
    /// [`RedisError::Setting`] if one of them cannot be read, or the key is another certificate's.
    #[cfg(feature = "tls")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
    pub fn client_certificate_pem(
        mut self,
        certificate: impl AsRef<[u8]>,
        key: impl AsRef<[u8]>,
    ) -> Result<Self, RedisError> {
        self.tls.identify(certificate.as_ref(), key.as_ref())?;
        Ok(self)
    }

    fn new(place: Place, credentials: Credentials) -> Self {
        Self {
            place,
            credentials,
            finders: Credentials::default(),
            #[cfg(feature = "tls")]
            tls: TlsSettings::default(),
        }
    }
}

fn read_all(
    urls: impl IntoIterator<Item = impl AsRef<str>>,
) -> Result<(Vec<Endpoint>, Credentials), RedisError> {
    let wrong = |value: usize, reason| RedisError::setting("urls", value.to_string(), reason);
    let mut endpoints = Vec::new();
    let mut said: Option<Credentials> = None;
    for url in urls {
        let (endpoint, credentials) = Endpoint::read("urls", url.as_ref())?;
        let first = said.get_or_insert_with(|| credentials.clone());
        let alike = endpoints
            .first()
            .is_none_or(|first: &Endpoint| first.has_tls() == endpoint.has_tls());
        if *first != credentials || !alike {
            let value = endpoint.to_string();
            let reason = "must not differ from the first in more than the address";
            return Err(RedisError::setting("urls", value, reason));
        }
        endpoints.push(endpoint);
        if endpoints.len() > MOST_SERVERS {
            return Err(wrong(endpoints.len(), "must be at most 64"));
        }
    }
    match said {
        Some(credentials) => Ok((endpoints, credentials)),
        None => Err(wrong(0, "must be at least one")),
    }
}
