//! Which headers a signature covers.

use std::sync::Arc;

use http::HeaderName;
use http::header::{
    AUTHORIZATION, CONNECTION, CONTENT_TYPE, EXPECT, HOST, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION,
    TE, TRAILER, TRANSFER_ENCODING, UPGRADE, USER_AGENT,
};

use crate::config_error::ConfigError;
use crate::headers::{X_AMZ_CONTENT_SHA256, X_AMZ_DATE, X_AMZ_SECURITY_TOKEN};

/// Headers that are written anew on each hop (RFC 9110, 7.6.1), or that hold the signature itself.
const UNSIGNABLE: [HeaderName; 11] = [
    AUTHORIZATION,
    CONNECTION,
    EXPECT,
    HeaderName::from_static("keep-alive"),
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    HeaderName::from_static("proxy-connection"),
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// Headers that proxies write over; `aws-sigv4` leaves them out too, as the AWS SDKs do.
const CHANGED_BY_PROXIES: [HeaderName; 2] =
    [USER_AGENT, HeaderName::from_static("x-amzn-trace-id")];

/// Chooses which headers of a request are signed.
///
/// `host`, `x-amz-date` and a session token are signed in any case, and so are `content-type` and every
/// `x-amz-*` header that a request has: servers ask for these. Each further header is safe from being changed
/// under way, and must then reach the server as it was signed.
///
/// ```
/// use aws_credential_types::Credentials;
/// use tower_muster_sigv4::{SigV4Layer, SignedHeaders};
///
/// # fn main() -> Result<(), tower_muster_sigv4::ConfigError> {
/// # let credentials = Credentials::from_keys("access", "secret", None);
/// let layer = SigV4Layer::new(credentials, "us-east-1", "s3")?
///     .sign_headers(SignedHeaders::needed_and(["content-md5", "range"])?);
/// # let refused = SignedHeaders::needed_and(["connection"]).unwrap_err();
/// # assert_eq!(refused.value(), "connection");
/// # drop(layer);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
pub struct SignedHeaders(Choice);

#[derive(Debug, Clone, Default)]
enum Choice {
    #[default]
    Needed,
    NeededAnd(Arc<[HeaderName]>),
    All,
}

impl SignedHeaders {
    /// Chooses what servers ask for and no more, the default.
    ///
    /// It leaves the transport below free to add, drop and change every other header.
    pub const fn needed() -> Self {
        Self(Choice::Needed)
    }

    /// Chooses what servers ask for, and `names` where a request has them.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if a name is none, or is one that cannot be signed: `authorization`, which holds the
    /// signature, and those that belong to one connection and not to the request (`connection`, `expect`,
    /// `keep-alive`, `proxy-authenticate`, `proxy-authorization`, `proxy-connection`, `te`, `trailer`,
    /// `transfer-encoding`, `upgrade`).
    pub fn needed_and<I>(names: I) -> Result<Self, ConfigError>
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        let names: Result<Arc<[HeaderName]>, ConfigError> = names
            .into_iter()
            .map(|name| signable(name.as_ref()))
            .collect();
        names.map(|names| Self(Choice::NeededAnd(names)))
    }

    /// Chooses all headers but those that change under way.
    ///
    /// Left out are the headers that [`needed_and`](Self::needed_and) refuses, `user-agent` and
    /// `x-amzn-trace-id`: what `aws-sigv4` leaves out, and the headers of one connection. A client below that
    /// adds a header does no harm; one that drops or changes a header breaks the signature.
    pub const fn all() -> Self {
        Self(Choice::All)
    }

    /// Tells whether a request's header is signed with the value that it has.
    pub(crate) fn take(&self, name: &HeaderName) -> bool {
        if name == CONTENT_TYPE {
            return true;
        }
        if name.as_str().starts_with("x-amz-") {
            // The signer adds these three itself; an older value must not be in the sum.
            return ![X_AMZ_DATE, X_AMZ_SECURITY_TOKEN, X_AMZ_CONTENT_SHA256].contains(name);
        }
        // The host is signed apart: it may be the URI's.
        match &self.0 {
            Choice::Needed => false,
            Choice::NeededAnd(names) => name != HOST && names.contains(name),
            Choice::All => {
                name != HOST && !UNSIGNABLE.contains(name) && !CHANGED_BY_PROXIES.contains(name)
            }
        }
    }
}

fn signable(name: &str) -> Result<HeaderName, ConfigError> {
    let parsed =
        HeaderName::from_bytes(name.as_bytes()).map_err(|_| ConfigError::not_a_header(name))?;
    if UNSIGNABLE.contains(&parsed) {
        return Err(ConfigError::not_signable(parsed.as_str()));
    }
    Ok(parsed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(choice: &SignedHeaders, name: &str) -> bool {
        choice.take(&name.parse().unwrap())
    }

    #[test]
    fn what_servers_ask_for_is_always_taken_and_what_the_signer_adds_never() {
        for choice in [
            SignedHeaders::needed(),
            SignedHeaders::needed_and(["x-amz-date", "host"]).unwrap(),
            SignedHeaders::all(),
        ] {
            for name in ["content-type", "x-amz-target", "x-amz-meta-a"] {
                assert!(taken(&choice, name), "{name}");
            }
            for name in [
                "host",
                "x-amz-date",
                "x-amz-security-token",
                "x-amz-content-sha256",
                "authorization",
                "transfer-encoding",
                "user-agent",
            ] {
                assert!(!taken(&choice, name), "{name} with {choice:?}");
            }
        }
    }

    #[test]
    fn further_headers_are_taken_as_chosen() {
        let some = SignedHeaders::needed_and(["Range", "user-agent"]).unwrap();
        assert!(taken(&some, "range") && taken(&some, "user-agent"));
        assert!(!taken(&some, "accept"));
        assert!(!taken(&SignedHeaders::needed(), "range"));
        assert!(taken(&SignedHeaders::all(), "accept"));
        assert!(taken(&SignedHeaders::all(), "content-length"));
        assert!(!taken(&SignedHeaders::all(), "connection"));
    }

    #[test]
    fn a_name_that_cannot_be_signed_is_refused_by_name() {
        for name in UNSIGNABLE {
            let error = SignedHeaders::needed_and([name.as_str()]).unwrap_err();
            assert_eq!(
                (error.field(), error.value()),
                ("sign_headers", name.as_str())
            );
            assert!(error.to_string().contains(name.as_str()), "{error}");
        }
        let error = SignedHeaders::needed_and(["range", "Authorization"]).unwrap_err();
        assert_eq!(error.value(), "authorization");
        for name in ["", "two words", "ümlaut"] {
            let error = SignedHeaders::needed_and([name]).unwrap_err();
            assert_eq!((error.field(), error.value()), ("sign_headers", name));
        }
    }
}
