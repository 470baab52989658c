//! The layer that leaves bodies alone.

use std::fmt;
use std::sync::Arc;

use tower_layer::Layer;

use super::UnsignedPayload;
use crate::signer::Signer;

/// Signs each request but not its body, which passes through unread.
///
/// Made by [`SigV4Layer::unsigned_payload`](crate::SigV4Layer::unsigned_payload), whose other settings it
/// keeps. The body keeps its type, is not gathered and has no limit, and may end with trailers.
/// `x-amz-content-sha256: UNSIGNED-PAYLOAD` is added and signed, as S3 wants it.
///
/// **Use it over TLS only.** Nothing else keeps the body from being exchanged under way: whoever sees one
/// request in clear text can send another body with its signature for 15 minutes. Few services take it: S3
/// does; DynamoDB and ScyllaDB Alternator refuse such a signature.
///
/// No request is sent a second time for the [clock's sake](crate::SigV4Layer::clock_skew), since its body is
/// gone; what a [`SigV4`](crate::SigV4) of the same layer learned is used.
///
/// # Clone
///
/// A clone has the same credentials provider and time source.
///
/// # Example
///
/// ```
/// use aws_credential_types::Credentials;
/// use bytes::Bytes;
/// use http::{Request, Response};
/// use http_body_util::Empty;
/// use tower::{Layer as _, ServiceExt as _, service_fn};
/// use tower_muster_sigv4::SigV4Layer;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), tower_muster_sigv4::BoxError> {
/// let credentials = Credentials::from_keys("access", "secret", None);
/// let service = SigV4Layer::new(credentials, "us-east-1", "s3")?
///     .double_encoding(false)
///     .path_normalization(false)
///     .unsigned_payload()
///     .layer(service_fn(async |request: Request<Empty<Bytes>>| {
///         assert_eq!(request.headers()["x-amz-content-sha256"], "UNSIGNED-PAYLOAD");
///         Ok::<_, std::convert::Infallible>(Response::new(()))
///     }));
///
/// let request = Request::put("https://bucket.s3.amazonaws.com/key").body(Empty::new())?;
/// service.oneshot(request).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct UnsignedPayloadLayer {
    signer: Arc<Signer>,
}

impl UnsignedPayloadLayer {
    pub(crate) fn new(signer: Signer) -> Self {
        let signer = Arc::new(signer);
        Self { signer }
    }
}

impl<S> Layer<S> for UnsignedPayloadLayer {
    type Service = UnsignedPayload<S>;

    fn layer(&self, inner: S) -> Self::Service {
        let signer = Arc::clone(&self.signer);
        UnsignedPayload::new(inner, signer)
    }
}

impl fmt::Debug for UnsignedPayloadLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnsignedPayloadLayer")
            .field("signer", &self.signer)
            .finish()
    }
}
