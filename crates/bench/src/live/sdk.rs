//! The SDK's client, as a user configures it.

use aws_sdk_dynamodb::{
    Client, Config,
    config::{
        BehaviorVersion, Builder, Region, SharedHttpClient, endpoint::ResolveEndpoint,
        retry::RetryConfig,
    },
};

use super::cluster::{REGION, credentials};

/// The Host of the SDK's endpoint above a stack: a name that nothing answers to.
const ENDPOINT: &str = "http://alternator.example:8000";

/// The SDK alone, with its own HTTP client, and nothing set that has a default.
pub(crate) fn plain(url: &str) -> Client {
    let http_client = aws_smithy_http_client::Builder::new().build_http();
    let config = defaults(url, http_client).credentials_provider(credentials());
    Client::from_conf(config.build())
}

/// The same, over several nodes.
pub(crate) fn plain_at(nodes: impl ResolveEndpoint + 'static) -> Client {
    let http_client = aws_smithy_http_client::Builder::new().build_http();
    let config = defaults(ENDPOINT, http_client).credentials_provider(credentials());
    Client::from_conf(config.endpoint_resolver(nodes).build())
}

/// The SDK over a stack that signs.
///
/// It does not repeat: what is repeated here is repeated by the stack.
pub(crate) fn unsigned(http_client: SharedHttpClient) -> Client {
    let config = defaults(ENDPOINT, http_client).allow_no_auth();
    Client::from_conf(config.retry_config(RetryConfig::disabled()).build())
}

/// The SDK over a stack, signing itself.
pub(crate) fn signing(url: &str, http_client: SharedHttpClient) -> Client {
    let config = defaults(url, http_client).credentials_provider(credentials());
    Client::from_conf(config.retry_config(RetryConfig::disabled()).build())
}

fn defaults(url: &str, http_client: SharedHttpClient) -> Builder {
    Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .endpoint_url(url)
        .http_client(http_client)
}
