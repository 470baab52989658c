//! Calls of aws-sdk-dynamodb, over its own HTTP client or our stack.

use aws_sdk_dynamodb::{
    Client, Config,
    config::{BehaviorVersion, Builder, Region, SharedHttpClient},
};
use tower_muster::BoxError;

use super::caller::Caller;
use crate::live::{
    cluster::{REGION, credentials},
    table::{KEY, TABLE, string},
};

/// Who signs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Signs {
    /// The SDK.
    Sdk,
    /// Nobody, or a layer below.
    NotSdk,
}

/// The SDK's client, which reads one item.
#[derive(Clone)]
pub(super) struct Sdk(Client);

impl Sdk {
    /// Nothing is set that has a default, but who signs.
    pub(super) fn new(url: &str, http_client: SharedHttpClient, signs: Signs) -> Self {
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(REGION))
            .endpoint_url(url)
            .http_client(http_client);
        let sign = match signs {
            Signs::Sdk => |config: Builder| config.credentials_provider(credentials()),
            Signs::NotSdk => Builder::allow_no_auth,
        };
        Self(Client::from_conf(sign(config).build()))
    }

    /// The same over the HTTP client that the SDK has without us.
    pub(super) fn alone(url: &str, signs: Signs) -> Self {
        let http_client = aws_smithy_http_client::Builder::new().build_http();
        Self::new(url, http_client, signs)
    }
}

impl Caller for Sdk {
    async fn call(&mut self) -> Result<(), BoxError> {
        let call = self.0.get_item().table_name(TABLE);
        let answer = call.key(KEY, string("customer-00000001")).send().await?;
        match answer.item {
            Some(_) => Ok(()),
            None => Err("an answer has no item".into()),
        }
    }
}
