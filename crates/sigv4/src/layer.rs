//! The layer: what a user configures.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use aws_credential_types::provider::ProvideCredentials;
use tower_layer::Layer;

use crate::clock::system_clock;
use crate::config_error::ConfigError;
use crate::credentials::Source;
use crate::service::SigV4;
use crate::signed_headers::SignedHeaders;
use crate::signer::Signer;
use crate::unsigned::UnsignedPayloadLayer;

/// Bytes of request body that are gathered unless told otherwise: 16 MiB.
///
/// The largest request that [DynamoDB] (`BatchWriteItem`) and ScyllaDB Alternator (`alternator/server.cc`,
/// `PayloadTooLarge` above 16777216 bytes) take. What is larger would be refused anyway.
///
/// [DynamoDB]: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html
pub const DEFAULT_BODY_LIMIT: u64 = 16 * 1024 * 1024;

/// Signs each request with AWS Signature Version 4.
///
/// See the [crate's documentation](crate) for where it goes, what is signed, and an example.
///
/// # Clone
///
/// A clone has the same credentials provider and time source, and learns of clocks together with it; later
/// settings of one do not change the other.
#[derive(Clone)]
pub struct SigV4Layer {
    signer: Signer,
}

impl SigV4Layer {
    /// Makes a layer that signs for one region and one service.
    ///
    /// `credentials` is asked before each request: put a slow provider in a
    /// [cache](Self::cache_credentials). Fixed [`Credentials`](aws_credential_types::Credentials) are a
    /// provider too, and cost no allocation for it. `service` is the name in the credential scope, such as
    /// `dynamodb`. ScyllaDB Alternator takes any region and service.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if `region` or `service` is empty, or holds anything but visible ASCII without `/`
    /// and `,`: these part the fields of the `Authorization` header. [`ConfigError`] too if `credentials` are
    /// fixed and have expired by the system's clock; see [`with_time_source`](Self::with_time_source) for
    /// another clock.
    pub fn new(
        credentials: impl ProvideCredentials + 'static,
        region: impl Into<String>,
        service: impl Into<String>,
    ) -> Result<Self, ConfigError> {
        Self::with_time_source(credentials, region, service, system_clock)
    }

    /// Makes a layer as [`new`](Self::new) does, with another [source of time](Self::time_source).
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new), but whether fixed credentials have expired is told by `now`.
    pub fn with_time_source(
        credentials: impl ProvideCredentials + 'static,
        region: impl Into<String>,
        service: impl Into<String>,
        now: impl Fn() -> SystemTime + Send + Sync + 'static,
    ) -> Result<Self, ConfigError> {
        let source = Source::new(credentials);
        let signer = Signer::new(source, region.into(), service.into(), DEFAULT_BODY_LIMIT)?;
        let layer = Self { signer }.time_source(now);
        layer.signer.check_expiry()?;
        Ok(layer)
    }

    /// Sets where the time comes from; the default is the system's clock.
    ///
    /// It is read when body and credentials are there. It dates the signature and decides, with what is known of
    /// the server's, whether credentials have expired. A server refuses dates more than about 15 minutes off, and
    /// what its refusal teaches is added to this time, unless [`clock_skew`](Self::clock_skew) is off.
    #[must_use]
    pub fn time_source(mut self, now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.signer.set_time_source(Arc::new(now));
        self
    }

    /// Sets how many bytes of body are gathered; the default is [`DEFAULT_BODY_LIMIT`].
    ///
    /// The signature covers the body's hash and stands before the body, so all of it is held in memory.
    /// A larger body ends the call with [`ErrorKind::BodyTooLarge`](crate::ErrorKind::BodyTooLarge).
    #[must_use]
    pub const fn body_limit(mut self, bytes: u64) -> Self {
        self.signer.set_body_limit(bytes);
        self
    }

    /// Puts a [cache](crate::CachedCredentials) before the provider of credentials.
    ///
    /// The cache has its default settings, goes by this layer's time, and is shared by the layer's clones and
    /// services. Fixed credentials and a provider that is a cache stay as they are.
    #[must_use]
    pub fn cache_credentials(mut self) -> Self {
        self.signer.cache_credentials();
        self
    }

    /// Sets whether a server's clock is learned from its refusals; the default is yes.
    ///
    /// A response of status 400, 401 or 403 whose `Date` is more than 4 minutes from the time we signed with
    /// is taken for a refusal of our date. The same request is then signed with the server's time and sent
    /// once more, through the same service, which is polled ready again. What was refused was not carried out,
    /// so this is safe for any request; no call is sent more than twice for it, and a call that took long is
    /// not mistaken for a clock. If the second is not refused, the host's offset is kept for the next
    /// requests, until a refusal says otherwise; 1,024 hosts are remembered. A date before 2000 is ignored.
    ///
    /// Most servers allow for 15 minutes, some for 5. So a clock that is 4 to 14 minutes off may be no reason for any
    /// refusal: if the second is refused as the first was, with the same status and length, that host's refusals
    /// are passed on for a minute.
    ///
    /// It is on because a machine whose clock is wrong can otherwise do nothing at all, and because it costs a
    /// first attempt one copy of the request's headers. Turn it off behind a proxy whose clock is wrong and
    /// that writes a `Date` of its own: each refusal, for whatever reason, would be asked for twice.
    #[must_use]
    pub fn clock_skew(mut self, heeded: bool) -> Self {
        self.signer.set_clock_skew(heeded);
        self
    }

    /// Sets which headers are signed; the default is [`SignedHeaders::needed`].
    #[must_use]
    pub fn sign_headers(mut self, signed: SignedHeaders) -> Self {
        self.signer.set_signed_headers(signed);
        self
    }

    /// Sets whether the path is encoded once more for the signature; the default is yes.
    ///
    /// The path that is sent stays as it is: `/a%20b` is signed as `/a%2520b`, or as it stands if not. See the
    /// [table of services](crate#other-services).
    #[must_use]
    pub const fn double_encoding(mut self, double: bool) -> Self {
        self.signer.set_double_encoding(double);
        self
    }

    /// Sets whether the path is normalized for the signature; the default is yes.
    ///
    /// The path that is sent stays as it is: `/a/./b//c/../d` is signed as `/a/b/d`, or as it stands if not.
    /// See the [table of services](crate#other-services).
    #[must_use]
    pub fn path_normalization(mut self, normalized: bool) -> Self {
        self.signer.set_path_normalization(normalized);
        self
    }

    /// Sets whether the body's hash is stated in `x-amz-content-sha256`; the default is no.
    ///
    /// S3 wants it on each request. A request that has the header gets the right value in any case.
    #[must_use]
    pub const fn payload_hash_header(mut self, stated: bool) -> Self {
        self.signer.set_states_hash(stated);
        self
    }

    /// Turns this into a layer that leaves bodies unread and unsigned.
    ///
    /// See [`UnsignedPayloadLayer`] for what is lost by it.
    pub fn unsigned_payload(self) -> UnsignedPayloadLayer {
        UnsignedPayloadLayer::new(self.signer)
    }
}

impl<S> Layer<S> for SigV4Layer {
    type Service = SigV4<S>;

    fn layer(&self, inner: S) -> Self::Service {
        SigV4::new(inner, Arc::new(self.signer.clone()))
    }
}

impl fmt::Debug for SigV4Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigV4Layer")
            .field("signer", &self.signer)
            .finish()
    }
}
