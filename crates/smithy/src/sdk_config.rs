//! A configuration for SDK crates, set up for a stack.

use std::{error::Error, fmt};

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_runtime_api::client::{
    auth::{AuthSchemeId, AuthSchemePreference},
    behavior_version::BehaviorVersion,
    http::SharedHttpClient,
    stalled_stream_protection::StalledStreamProtectionConfig,
};
use aws_smithy_types::retry::RetryConfig;
use aws_types::{SdkConfig, region::Region};

use crate::sleep::TokioSleep;

/// The endpoint that the SDK believes it talks to.
///
/// The stack aims each request at a node, so nothing is ever sent there, and nothing could be: no name under
/// `invalid` exists (RFC 6761, section 6.4).
pub const ENDPOINT_URL: &str = "http://cluster.invalid";

/// Sets up an SDK crate for a stack, the recommended way.
///
/// Any of them takes it: `aws_sdk_dynamodb::Client::new(&config)`. What else it should be is set on its
/// [`into_builder`](SdkConfig::into_builder), or on the crate's own builder after `Builder::from(&config)`.
///
/// With `credentials` the SDK signs. Without them the stack does, or nobody: the SDK then signs with a key that no
/// cluster knows, since it refuses to send what it could not sign, and the stack's signature takes the place of its
/// own. That costs the time of a signature per call, which
/// `Builder::from(&config).push_auth_scheme(SignedBelow::new())` saves: only the crate's own builder can say so. See
/// [`SignedBelow`](crate::SignedBelow) and [who signs](crate#who-signs).
///
/// | what | set to | because |
/// |---|---|---|
/// | behaviour version | the latest that this crate is built with | everything that differs is set here |
/// | endpoint | [`ENDPOINT_URL`] | the stack chooses where requests go |
/// | retries | off | the stack makes them, at other nodes, and knows what may be repeated; the SDK repeats every response of 500, 502, 503 or 504 |
/// | connections after an error | kept | a node in trouble is left for another, and needs no new connections besides |
/// | timeouts | the SDK's own: 3.1 s to connect, and none besides | the stack has its own, for attempts and calls |
/// | sleep | Tokio's | also for an SDK crate without its feature `rt-tokio` |
/// | stalled streams | looked for in downloads only | the stack takes a request's body whole, before it sends the first byte |
/// | identity cache | the SDK's own, one for each client | |
///
/// ```
/// use tower_muster_smithy::{http_client, sdk_config};
/// # use aws_smithy_types::body::SdkBody;
/// # use http::{Request, Response};
/// # let stack = tower::service_fn(async |_: Request<SdkBody>| {
/// #     Ok::<_, tower_muster::BoxError>(Response::new(SdkBody::from("{}")))
/// # });
///
/// let config = sdk_config(http_client(stack), "us-east-1", None)?;
/// // aws_sdk_dynamodb::Client::new(&config)
/// # let _ = config;
/// # Ok::<(), tower_muster_smithy::RegionError>(())
/// ```
///
/// # Errors
///
/// [`RegionError`] if `region` is no name: it is a part of every signature.
pub fn sdk_config(
    http_client: SharedHttpClient,
    region: impl Into<String>,
    credentials: Option<SharedCredentialsProvider>,
) -> Result<SdkConfig, RegionError> {
    let region = checked(region.into())?;
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(http_client)
        .endpoint_url(ENDPOINT_URL)
        .region(Region::new(region))
        .retry_config(retries())
        .sleep_impl(TokioSleep)
        .stalled_stream_protection(
            StalledStreamProtectionConfig::enabled()
                .upload_enabled(false)
                .build(),
        );
    if credentials.is_none() {
        // It counts only once the crate's own builder allows it.
        let no_auth = AuthSchemePreference::from([AuthSchemeId::new("noAuth")]);
        config.set_auth_scheme_preference(Some(no_auth));
    }
    let credentials = credentials.unwrap_or_else(unknown);
    Ok(config.credentials_provider(credentials).build())
}

fn retries() -> RetryConfig {
    use aws_smithy_types::retry::ReconnectMode;

    RetryConfig::disabled().with_reconnect_mode(ReconnectMode::ReuseAllConnections)
}

/// A key that names its own cure, where it is refused.
fn unknown() -> SharedCredentialsProvider {
    let name = "signed-by-the-stack";
    SharedCredentialsProvider::new(Credentials::new(name, name, None, None, "tower-muster"))
}

fn checked(region: String) -> Result<String, RegionError> {
    // What delimits the parts of a signature's scope, or its header, cannot be in one of them.
    let fits = |byte: u8| byte.is_ascii_graphic() && byte != b'/' && byte != b',';
    match !region.is_empty() && region.bytes().all(fits) {
        true => Ok(region),
        false => Err(RegionError { region }),
    }
}

/// Says that a region is no name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegionError {
    region: String,
}

impl fmt::Display for RegionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "region: {:?} is no region's name", self.region)
    }
}

impl Error for RegionError {}

#[cfg(test)]
mod tests {
    use super::{ENDPOINT_URL, sdk_config};
    use crate::http_client;

    use aws_smithy_types::body::SdkBody;
    use http::{Request, Response};
    use tower::service_fn;
    use tower_muster::BoxError;

    fn configured(region: &str) -> Result<aws_types::SdkConfig, super::RegionError> {
        let stack = service_fn(async |_: Request<SdkBody>| {
            Ok::<_, BoxError>(Response::new(SdkBody::empty()))
        });
        sdk_config(http_client(stack), region, None)
    }

    #[test]
    fn a_region_that_no_signature_can_name_is_refused() {
        for region in ["", "us east 1", "us/east", "us-east-1,", "r\u{e9}gion"] {
            let error = configured(region).expect_err(region);
            assert_eq!(
                error.to_string(),
                format!("region: {region:?} is no region's name")
            );
        }
    }

    #[test]
    fn the_sdk_repeats_nothing_and_talks_to_a_name_that_cannot_exist() {
        let config = configured("us-east-1").expect("a configuration");
        let retries = config.retry_config().expect("retries");
        assert_eq!(retries.max_attempts(), 1);
        assert_eq!(config.endpoint_url(), Some(ENDPOINT_URL));
        assert!(config.behavior_version().is_some());
        assert!(config.credentials_provider().is_some());
        assert!(config.identity_cache().is_none());
    }
}
