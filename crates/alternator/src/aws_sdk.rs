//! The stack as the AWS SDK's HTTP client.

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::Full;
use tower_muster::BoxError;
use tower_service::Service;

use crate::{Config, ConfigError, Stack};

impl Config {
    /// Builds the stack as an AWS SDK's HTTP client.
    ///
    /// With [`credentials`](Self::credentials) the stack signs each attempt for its node: give the SDK no
    /// credentials, and `allow_no_auth()`. Without them the SDK signs (or nobody does), and every node is
    /// sent the Host that was signed.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use tower_muster_alternator::Alternator;
    ///
    /// let http_client = Alternator::at("http://10.0.0.1:8000").rack("dc1", "rack1").http_client()?;
    /// // aws_sdk_dynamodb::Config::builder().http_client(http_client)
    /// # let _ = http_client;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names the part that is wrong.
    pub fn http_client(self) -> Result<SharedHttpClient, ConfigError> {
        let config = if self.credentials.is_none() {
            self.signed_above()
        } else {
            self
        };
        Ok(config.build()?.http_client())
    }
}

impl<C, B> Stack<C>
where
    C: Service<Request<Full<Bytes>>, Response = Response<B>> + Clone + Send + Sync + 'static,
    C::Error: Into<BoxError> + Send,
    C::Future: Send,
    B: Body<Data = Bytes> + Send + Sync + Unpin + 'static,
    B::Error: Into<BoxError> + Send + Sync + 'static,
{
    /// Returns the stack as an AWS SDK's HTTP client.
    ///
    /// If the SDK signs, build it [`signed_above`](Config::signed_above).
    #[must_use]
    pub fn http_client(&self) -> SharedHttpClient {
        tower_muster_smithy::http_client(self.service())
    }
}
