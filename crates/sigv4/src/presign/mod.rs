//! URIs that carry their signature, for those who have no credentials.

mod query;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::SignableBody;
use aws_smithy_runtime_api::client::identity::Identity;
use http::{Request, Uri};

use crate::config_error::ConfigError;
use crate::credentials::Source;
use crate::error::Error;
use crate::layer::DEFAULT_BODY_LIMIT;
use crate::signed_headers::SignedHeaders;
use crate::signer::Signer;

/// The shortest and the longest life of a presigned URI: 1 second and 7 days.
///
/// The bounds of `X-Amz-Expires` in the AWS manual under [authenticating requests by query parameters][doc].
///
/// [doc]: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
const EXPIRES_IN: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(7 * 86_400));

/// Makes URIs with the signature in their query, valid for a limited time.
///
/// Whoever has such a URI can send the request that was signed, with its method and its signed headers, as often
/// as they like until it expires, or until the credentials do. A session token is part of the URI. Treat it as
/// a secret. ScyllaDB Alternator does not take presigned URIs.
///
/// # Example
///
/// ```
/// use std::time::Duration;
///
/// use aws_credential_types::Credentials;
/// use http::Request;
/// use tower_muster_sigv4::Presign;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let credentials = Credentials::from_keys("access", "secret", None);
/// let presign = Presign::new(credentials, "us-east-1", "s3", Duration::from_secs(900))?
///     .double_encoding(false)
///     .path_normalization(false)
///     .unsigned_payload();
///
/// let request = Request::get("https://bucket.s3.amazonaws.com/key?versionId=3").body("")?;
/// let uri = presign.uri(&request)?;
/// assert!(uri.query().unwrap_or_default().contains("&X-Amz-Expires=900&"));
/// # Ok(())
/// # }
/// ```
///
/// # Clone
///
/// A clone has the same credentials and time source; later settings of one do not change the other.
#[derive(Clone)]
pub struct Presign {
    signer: Signer,
    identity: Identity,
    expires_in: Duration,
    unsigned_payload: bool,
}

impl Presign {
    /// Makes URIs that are valid for as long as `expires_in`, in whole seconds.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if `expires_in` is not from 1 second to 7 days, and for `region` and `service` as
    /// [`SigV4Layer::new`](crate::SigV4Layer::new) has it.
    pub fn new(
        credentials: Credentials,
        region: impl Into<String>,
        service: impl Into<String>,
        expires_in: Duration,
    ) -> Result<Self, ConfigError> {
        let (shortest, longest) = EXPIRES_IN;
        if expires_in < shortest || expires_in > longest {
            return Err(ConfigError::expires_in(expires_in));
        }
        let identity = Identity::from(credentials.clone());
        let source = Source::new(credentials);
        let signer = Signer::new(source, region.into(), service.into(), DEFAULT_BODY_LIMIT)?;
        Ok(Self {
            signer,
            identity,
            expires_in,
            unsigned_payload: false,
        })
    }

    /// Sets where the time comes from; the default is the system's clock.
    #[must_use]
    pub fn time_source(mut self, now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.signer.set_time_source(Arc::new(now));
        self
    }

    /// Sets which headers are signed; the default is [`SignedHeaders::needed`].
    ///
    /// Each of them has to be sent with the URI as it was signed.
    #[must_use]
    pub fn sign_headers(mut self, signed: SignedHeaders) -> Self {
        self.signer.set_signed_headers(signed);
        self
    }

    /// Sets whether the path is encoded once more for the signature; the default is yes.
    #[must_use]
    pub const fn double_encoding(mut self, double: bool) -> Self {
        self.signer.set_double_encoding(double);
        self
    }

    /// Sets whether the path is normalized for the signature; the default is yes.
    #[must_use]
    pub fn path_normalization(mut self, normalized: bool) -> Self {
        self.signer.set_path_normalization(normalized);
        self
    }

    /// Leaves the body out of the signature.
    ///
    /// S3 wants it so for each presigned URI. Other services take the hash of the request's body.
    #[must_use]
    pub const fn unsigned_payload(mut self) -> Self {
        self.unsigned_payload = true;
        self
    }

    /// Returns the request's URI with a signature added to its query.
    ///
    /// Signed are the method, the path, the query, `host`, the headers that are chosen, and the body unless it
    /// is [left out](Self::unsigned_payload). A signature that the query holds already is replaced.
    ///
    /// # Errors
    ///
    /// [`Error`] if the host is missing or not valid, a header cannot be signed, the credentials have expired,
    /// the time cannot be stated, or the query is too long.
    pub fn uri<B: AsRef<[u8]>>(&self, request: &Request<B>) -> Result<Uri, Error> {
        let (mut parts, ()) = Request::new(()).into_parts();
        parts.method = request.method().clone();
        parts.uri = query::without_signature(request.uri())?;
        parts.headers = request.headers().clone();
        query::check_room(&parts, &self.identity)?;
        let body = if self.unsigned_payload {
            SignableBody::UnsignedPayload
        } else {
            SignableBody::Bytes(request.body().as_ref())
        };
        let instructions = self
            .signer
            .presign(&parts, body, &self.identity, self.expires_in)?;
        query::with(parts.uri, instructions.params())
    }
}

impl fmt::Debug for Presign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Presign")
            .field("signer", &self.signer)
            .field("expires_in", &self.expires_in)
            .finish_non_exhaustive()
    }
}
