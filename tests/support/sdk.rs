//! The SDK's client, as a user of the stack configures it.

use aws_sdk_dynamodb::config::{
    BehaviorVersion, Builder, Credentials, Region, SharedHttpClient,
    retry::{ReconnectMode, RetryConfig},
};

use super::cluster::{ACCESS_KEY, SECRET};

/// The Host of the SDK's endpoint: a name that nothing answers to.
pub const ENDPOINT_HOST: &str = "alternator.example:8000";

/// Configures an SDK that signs, with the credentials that clusters know.
///
/// It does not repeat: what is repeated here is repeated by the stack.
pub fn signing_sdk(http_client: SharedHttpClient) -> Builder {
    let credentials = Credentials::new(ACCESS_KEY, SECRET, None, None, "tests");
    sdk(http_client).credentials_provider(credentials)
}

/// Configures an SDK that does not sign and has no credentials.
pub fn unsigned_sdk(http_client: SharedHttpClient) -> Builder {
    sdk(http_client).allow_no_auth()
}

fn sdk(http_client: SharedHttpClient) -> Builder {
    // A bad answer closes no connection, which the SDK would have otherwise.
    let reconnect = ReconnectMode::ReuseAllConnections;
    let retries = RetryConfig::disabled().with_reconnect_mode(reconnect);
    aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(format!("http://{ENDPOINT_HOST}"))
        .retry_config(retries)
        .http_client(http_client)
}
