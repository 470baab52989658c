//! The layer: what a user configures.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use aws_credential_types::provider::ProvideCredentials;
use tower_layer::Layer;

use crate::credentials::Source;
use crate::error::ConfigError;
use crate::service::SigV4;
use crate::signer::Signer;

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
/// A clone has the same credentials provider and time source; later settings of one do not change the other.
#[derive(Clone)]
pub struct SigV4Layer {
    signer: Signer,
}

impl SigV4Layer {
    /// Makes a layer that signs for one region and one service.
    ///
    /// `credentials` is asked before each request. Fixed
    /// [`Credentials`](aws_credential_types::Credentials) are a provider too, and cost no allocation for it.
    /// `service` is the name in the credential scope, such as `dynamodb`. ScyllaDB Alternator takes any
    /// region and service.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if `region` or `service` is empty, or holds anything but visible ASCII without `/`
    /// and `,`: these part the fields of the `Authorization` header.
    pub fn new(
        credentials: impl ProvideCredentials + 'static,
        region: impl Into<String>,
        service: impl Into<String>,
    ) -> Result<Self, ConfigError> {
        let region = scope_part("region", region.into())?;
        let service = scope_part("service", service.into())?;
        Ok(Self {
            signer: Signer::new(
                Source::new(credentials),
                region,
                service,
                DEFAULT_BODY_LIMIT,
            ),
        })
    }

    /// Sets where the time comes from; the default is the system's clock.
    ///
    /// It is read once per request, when body and credentials are there. It dates the signature and decides
    /// whether credentials have expired. A server refuses dates more than about 15 minutes off.
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

fn scope_part(field: &'static str, value: String) -> Result<Arc<str>, ConfigError> {
    let fits = |byte: u8| byte.is_ascii_graphic() && byte != b'/' && byte != b',';
    if value.is_empty() || !value.bytes().all(fits) {
        return Err(ConfigError::new(field, value));
    }
    Ok(value.into())
}
