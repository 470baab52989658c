//! Calls of aws-sdk-dynamodb, over its own HTTP client or our stack.
//!
//! What is compared is what users get: the SDK as it is where nothing is set, and the SDK as our documentation sets
//! it up over the stack. Beside that stand pairs in which both SDKs have the same settings.

use aws_sdk_dynamodb::{
    Client, Config,
    config::{BehaviorVersion, Builder, Region, SharedHttpClient},
};
use tower_muster::BoxError;
use tower_muster_alternator::{Config as Stack, SignedBelow};

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
    pub(super) fn by_default(url: &str, http_client: SharedHttpClient, signs: Signs) -> Self {
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
        Self::by_default(url, http_client, signs)
    }

    /// As recommended for a stack that signs, or for a cluster that asks for no signature.
    pub(super) fn recommended(stack: Stack) -> Result<Self, BoxError> {
        let config = Builder::from(&stack.sdk_config()?);
        let config = config.push_auth_scheme(SignedBelow::new());
        Ok(Self(Client::from_conf(config.build())))
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
