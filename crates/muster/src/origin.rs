//! The address of one server, in the one form that it is known by.

use std::{cmp::Ordering, error::Error, fmt, hash, str::FromStr};

use http::{
    HeaderValue, Uri,
    uri::{Authority, Parts, PathAndQuery, Scheme},
};

/// Names one server: scheme, host and port, in canonical form.
///
/// Scheme and host are in lower case, the scheme's default port is left out and IPv6 addresses stand
/// in brackets, so that two spellings of one address are one node and one connection pool. What a
/// request needs of it (URI parts, Host value) is built here once, not per request.
#[derive(Clone)]
pub struct Origin {
    text: Box<str>,
    scheme: Scheme,
    authority: Authority,
    host: HeaderValue,
    /// Where most requests go: all of an API that names its operations elsewhere.
    #[cfg_attr(
        not(feature = "select"),
        expect(dead_code, reason = "nothing is aimed without a choice")
    )]
    root: Uri,
}

impl Origin {
    /// Takes the origin of a URI; what else it holds (user info, a path, a query) is left out.
    ///
    /// For the address of a request. A text that is to name a server is better parsed, which refuses all else.
    ///
    /// ```
    /// use tower_muster::Origin;
    ///
    /// let uri = "HTTP://Node1:80/path?q=1".parse::<http::Uri>()?;
    /// assert_eq!(Origin::of_uri(&uri)?.as_str(), "http://node1");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`OriginError`] if the URI has no host, or another scheme than http and https.
    pub fn of_uri(uri: &Uri) -> Result<Self, OriginError> {
        let scheme = uri.scheme_str().unwrap_or_default();
        let authority = uri.authority().map_or("", Authority::as_str);
        let (_, host) = authority.rsplit_once('@').unwrap_or(("", authority));
        format!("{scheme}://{host}").parse()
    }

    /// Returns the URI scheme, `http` or `https`.
    #[must_use]
    pub fn scheme(&self) -> &Scheme {
        &self.scheme
    }

    /// Returns host and port; a default port is left out.
    #[must_use]
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// Returns the value of the Host header that this server expects.
    #[must_use]
    pub fn host(&self) -> &HeaderValue {
        &self.host
    }

    /// Returns the URI of the path `/`.
    #[cfg(feature = "select")]
    pub(crate) fn root(&self) -> &Uri {
        &self.root
    }

    /// Returns the origin as text, such as `http://10.0.0.1:8000`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl FromStr for Origin {
    type Err = OriginError;

    /// Parses `scheme://host[:port]`, with or without a trailing slash.
    ///
    /// # Errors
    ///
    /// What is no origin is refused rather than cut down to one: another scheme than http and https,
    /// user info, a path or a query, an empty host, port 0.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = |reason| OriginError::new(text, reason);
        let uri = Uri::from_str(text).map_err(|_| refuse("it is not a URI"))?;
        let scheme = uri
            .scheme()
            .ok_or_else(|| refuse("it has no scheme"))?
            .clone();
        let default_port = match scheme.as_str() {
            "http" => 80,
            "https" => 443,
            _ => return Err(refuse("its scheme is neither http nor https")),
        };
        let authority = uri.authority().ok_or_else(|| refuse("it has no host"))?;
        if authority.as_str().contains('@') {
            return Err(refuse(
                "it has user info; credentials are set apart from addresses",
            ));
        }
        if uri.path() != "/" || uri.query().is_some() {
            return Err(refuse(
                "it has a path or a query; a node is scheme, host and port",
            ));
        }
        let authority = canonical(authority, default_port).map_err(refuse)?;
        let host = HeaderValue::from_str(authority.as_str())
            .map_err(|_| refuse("its host is not a header value"))?;
        let mut root = Parts::default();
        root.scheme = Some(scheme.clone());
        // Bytes are moved into shared memory by their first clone: here, and not by a request.
        root.authority = Some(authority.clone());
        root.path_and_query = Some(PathAndQuery::from_static("/"));
        let root = Uri::from_parts(root).map_err(|_| refuse("it is not a URI"))?;
        drop(host.clone());
        let text = format!("{scheme}://{authority}").into();
        Ok(Self {
            text,
            scheme,
            authority,
            host,
            root,
        })
    }
}

/// Lower case, without the default port.
fn canonical(authority: &Authority, default_port: u16) -> Result<Authority, &'static str> {
    let host = authority.host();
    if host.is_empty() {
        return Err("its host is empty");
    }
    let host = host.to_ascii_lowercase();
    let port = &authority.as_str()[authority.host().len()..];
    let text = match port.strip_prefix(':') {
        None | Some("") => host,
        Some(port) => match port.parse::<u16>() {
            Err(_) | Ok(0) => return Err("its port is not between 1 and 65535"),
            Ok(port) if port == default_port => host,
            Ok(port) => format!("{host}:{port}"),
        },
    };
    Authority::try_from(text).map_err(|_| "its host is not a host")
}

impl PartialEq for Origin {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Origin {}

impl PartialOrd for Origin {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Origin {
    fn cmp(&self, other: &Self) -> Ordering {
        self.text.cmp(&other.text)
    }
}

impl hash::Hash for Origin {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Origin({})", self.text)
    }
}

/// Says why a text is not the address of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginError {
    text: String,
    reason: &'static str,
}

impl OriginError {
    fn new(text: &str, reason: &'static str) -> Self {
        // User info may hold a password.
        let text = match (text.find("://"), text.rfind('@')) {
            (Some(start), Some(end)) if start + 3 < end => {
                format!("{}***{}", &text[..start + 3], &text[end..])
            }
            _ => text.to_owned(),
        };
        Self { text, reason }
    }
}

impl fmt::Display for OriginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} is not the address of a node: {}",
            self.text, self.reason
        )
    }
}

impl Error for OriginError {}

#[cfg(test)]
mod tests;
