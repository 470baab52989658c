//! The stack as the AWS SDK's HTTP client.

use std::time::Duration;

use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::{
    http::SharedHttpClient, stalled_stream_protection::StalledStreamProtectionConfig,
};
use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::Full;
use tower_muster::BoxError;
use tower_muster_smithy::{PerConnectTimeout, RegionError, SdkConfig};
use tower_service::Service;

use crate::{Config, ConfigError, HyperClient, Stack};

/// The built-in client, one for each connect timeout.
type Timed = PerConnectTimeout<MakeClient, HyperClient>;

type MakeClient = Box<dyn Fn(Duration) -> HyperClient + Send + Sync>;

impl Config {
    /// Builds the stack as an AWS SDK's HTTP client.
    ///
    /// With [`credentials`](Self::credentials) the stack signs each attempt for its node, whether the SDK has
    /// signed or not. Without them the SDK signs (or nobody does), and every node is sent the Host that was
    /// signed. [`sdk_config`](Self::sdk_config) sets the SDK up besides.
    ///
    /// It is for the one service that the cluster serves. On the shared `aws_config` it would be sent the requests for
    /// credentials, too: see [what to do](tower_muster_smithy#only-what-is-meant-for-the-cluster).
    ///
    /// **Turn the SDK's own retries off**, or add [`SafeRetries`](crate::SafeRetries): left on without it, as they are
    /// by default, they send again what may have been carried out, such as an `UpdateItem` with an `ADD` whose answer
    /// was cut off. The stack [repeats](tower_muster_smithy#the-sdks-own-retries) what may be repeated.
    ///
    /// A connection takes no longer than [`connect_timeout`](Self::connect_timeout), nor than the SDK's own
    /// timeout, which is 3.1 s unless it is set. Each timeout below ours has a pool of its own; the cluster and
    /// what is known of its nodes are one.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use tower_muster_alternator::Alternator;
    ///
    /// let http_client = Alternator::at("http://10.0.0.1:8000").rack("dc1", "rack1").http_client()?;
    /// // aws_sdk_dynamodb::Config::builder().http_client(http_client).retry_config(RetryConfig::disabled()), or
    /// // aws_sdk_dynamodb::Config::builder().http_client(http_client).retry_classifier(SafeRetries::default())
    /// # let _ = http_client;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names the part that is wrong.
    pub fn http_client(self) -> Result<SharedHttpClient, ConfigError> {
        let (stack, limit) = self.stack_for_sdk()?;
        let service = stack.service();
        Ok(tower_muster_smithy::http_client_within(limit, service))
    }

    /// Builds the stack and sets an AWS SDK up for it, the [recommended way](tower_muster_smithy::sdk_config).
    ///
    /// The stack signs if it has [`credentials`](Self::credentials), and nobody does otherwise. For an SDK that signs
    /// see [`Stack::sdk_config`]. Of what the SDK does besides:
    ///
    /// | what | how it is set |
    /// |---|---|
    /// | retries, stalled uploads | left to the stack, as [recommended](tower_muster_smithy::sdk_config) |
    /// | stalled downloads | left to [`body_timeout`](Self::body_timeout), 10 s by default where the SDK has 5 s; the SDK's own if that is off |
    /// | connections after an error | kept; the SDK is told none, [whatever its retries are set to](tower_muster_smithy::http_client_keeping_connections) |
    ///
    /// A line more spares each call a signature that nobody reads: see [`SignedBelow`](crate::SignedBelow).
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use aws_credential_types::Credentials;
    /// use tower_muster_alternator::Alternator;
    ///
    /// let credentials = Credentials::new("alternator", "secret", None, None, "example");
    /// let config = Alternator::at("http://10.0.0.1:8000").credentials(credentials, "us-east-1").sdk_config()?;
    /// // aws_sdk_dynamodb::Client::new(&config), or
    /// // aws_sdk_dynamodb::Client::from_conf(Builder::from(&config).push_auth_scheme(SignedBelow::new()).build())
    /// # let _ = config;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names the part that is wrong.
    pub fn sdk_config(self) -> Result<SdkConfig, ConfigError> {
        let region = self.region.clone();
        let is_timed = self.body_timeout.is_some();
        let (stack, limit) = self.stack_for_sdk()?;
        let client = tower_muster_smithy::http_client_keeping_connections(limit, stack.service());
        let config = tower_muster_smithy::sdk_config(client, region, None)?;
        Ok(match is_timed {
            true => {
                let stalled = StalledStreamProtectionConfig::disabled();
                let config = config.into_builder().stalled_stream_protection(stalled);
                config.build()
            }
            false => config,
        })
    }

    /// The stack that signs, or keeps the Host that was signed, and how long connecting takes at most.
    fn stack_for_sdk(self) -> Result<(Stack<Timed>, Duration), ConfigError> {
        let config = match self.credentials {
            Some(_) => self,
            None => self.signed_above(),
        };
        let (client, limit) = config.client_for_each_timeout()?;
        let client: MakeClient = Box::new(client);
        let stack = config.build_over(PerConnectTimeout::new(limit, client))?;
        Ok((stack, limit))
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
    /// If the SDK signs, build it [`signed_above`](Config::signed_above). Turn the SDK's own retries off, or add
    /// [`SafeRetries`](crate::SafeRetries), as for [`Config::http_client`].
    #[must_use]
    pub fn http_client(&self) -> SharedHttpClient {
        tower_muster_smithy::http_client(self.service())
    }

    /// Sets an AWS SDK up for the stack, the [recommended way](tower_muster_smithy::sdk_config).
    ///
    /// With `credentials` the SDK signs; build the stack [`signed_above`](Config::signed_above), or with
    /// credentials of its own, which then count. Without them the stack signs, or nobody.
    ///
    /// The connect timeout is the one of the client below: see [`Config::http_client`] for the SDK's.
    ///
    /// # Errors
    ///
    /// [`RegionError`] if `region` is no name.
    pub fn sdk_config(
        &self,
        region: impl Into<String>,
        credentials: Option<SharedCredentialsProvider>,
    ) -> Result<SdkConfig, RegionError> {
        tower_muster_smithy::sdk_config(self.http_client(), region, credentials)
    }
}
