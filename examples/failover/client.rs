//! The stack, and the SDK's client on top of it.

use aws_sdk_dynamodb::{
    Client, Config,
    config::{BehaviorVersion, Region, retry::RetryConfig},
};
use hyper_util::{client::legacy::Client as HyperClient, rt::TokioExecutor};
use tower_muster::policy::{PowerOfTwo, RoundRobin};
use tower_muster_alternator::{Alternator, ConfigError, Stack};

use crate::{
    args::{Args, Choice, Signer},
    count::{Counted, Counts},
    target::Target,
};

const REGION: &str = "us-east-1";

type Connections = HyperClient<
    hyper_util::client::legacy::connect::HttpConnector,
    http_body_util::Full<bytes::Bytes>,
>;

/// The stack over hyper-util's client, with a count of what each node is sent in between.
pub(crate) fn stack(
    args: &Args,
    target: &Target,
) -> Result<(Stack<Counted<Connections>>, Counts), ConfigError> {
    let config = Alternator::at_any(target.seeds());
    let config = match args.policy {
        Choice::RoundRobin => config.policy(RoundRobin::new()),
        Choice::PowerOfTwo => config.policy(PowerOfTwo::latency_aware()),
        Choice::RackAffinity => config.rack(&args.datacenter, &args.rack),
    };
    let config = match (args.sign, target.credentials()) {
        (Signer::Stack, Some(credentials)) => config.credentials(credentials, REGION),
        _ => config.signed_above(),
    };
    let counts = Counts::default();
    let mut connector = hyper_util::client::legacy::connect::HttpConnector::new();
    connector.set_nodelay(true);
    let client = HyperClient::builder(TokioExecutor::new()).build(connector);
    Ok((
        config.build_over(Counted::new(client, counts.clone()))?,
        counts,
    ))
}

/// The SDK's client. Its own retries are off: whatever fails is seen.
pub(crate) fn dynamodb(
    args: &Args,
    target: &Target,
    stack: &Stack<Counted<Connections>>,
) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .endpoint_url(target.seeds().first().cloned().unwrap_or_default())
        .retry_config(RetryConfig::disabled())
        .http_client(stack.http_client());
    let config = match (args.sign, target.credentials()) {
        (Signer::Sdk, Some(credentials)) => config.credentials_provider(credentials),
        _ => config.allow_no_auth(),
    };
    Client::from_conf(config.build())
}
