//! One signed `GetItem` after the other, by different clients.

use std::net::Ipv4Addr;

use aws_sdk_dynamodb::Client;
use serde::Serialize;
use tower_muster::{BoxError, Node};
use tower_muster_alternator::{
    Alternator, Config,
    headers::{Trim, UserAgent},
};
use tower_muster_testkit::TestNode;

use crate::live::{
    cluster::{REGION, credentials, verifying},
    sdk,
    table::{self, KEY, TABLE, string},
};

/// Where the node is: Hosts are as long in each run, and 10.0.0.1:8000 is hardly shorter.
const ADDRESS: Ipv4Addr = Ipv4Addr::new(127, 0, 10, 1);

/// How many requests are weighed of each client.
const REQUESTS: u64 = 200;

/// The client that the figure is of.
pub(super) const FIGURE: &str = "our stack signs, trimmed to what is needed";

/// What a request of one client weighs.
#[derive(Debug, Serialize)]
pub(super) struct Weight {
    pub(super) client: &'static str,
    /// Per request, head and body.
    pub(super) bytes: f64,
    /// Of what the SDK alone sends.
    pub(super) ratio: f64,
    requests: u64,
}

pub(super) async fn measure() -> Result<Vec<Weight>, BoxError> {
    let cluster = verifying("dc1:rack1=1")
        .first_address(ADDRESS)
        .start()
        .await?;
    let node = cluster.nodes().first().ok_or("there is no node")?;
    let mut weights = Vec::<Weight>::new();
    for (client, calls) in clients(node)? {
        if weights.is_empty() {
            table::create(&calls).await?;
        }
        let bytes = weigh(node, &calls).await?;
        weights.push(Weight {
            client,
            bytes,
            ratio: bytes / weights.first().map_or(bytes, |first| first.bytes),
            requests: REQUESTS,
        });
    }
    Ok(weights)
}

/// All clients, what they are compared with first.
fn clients(node: &TestNode) -> Result<Vec<(&'static str, Client)>, BoxError> {
    let url = node.url();
    let ours = || -> Result<Config, BoxError> { Ok(Alternator::at_nodes([Node::new(&url)?])) };
    let signs = |config: Config| -> Result<Client, BoxError> {
        let config = config.credentials(credentials(), REGION);
        Ok(sdk::unsigned(config.http_client()?))
    };
    let passes = |config: Config| -> Result<Client, BoxError> {
        Ok(sdk::signing(&url, config.http_client()?))
    };
    let least = |config: Config| config.trim(Trim::needed()).user_agent(UserAgent::none());
    Ok(vec![
        ("aws-sdk-dynamodb alone", sdk::plain(&url)),
        (
            "our stack signs, trimmed to the vendor's list",
            signs(ours()?.trim(Trim::spec()))?,
        ),
        (FIGURE, signs(ours()?.trim(Trim::needed()))?),
        (
            "our stack signs, trimmed so, and no User-Agent",
            signs(least(ours()?))?,
        ),
        ("our stack signs, nothing trimmed", signs(ours()?)?),
        (
            "the SDK signs, trimmed to the vendor's list",
            passes(ours()?.trim(Trim::spec()))?,
        ),
        (
            "the SDK signs, trimmed so, and no User-Agent",
            passes(least(ours()?))?,
        ),
        ("the SDK signs, nothing trimmed", passes(ours()?)?),
    ])
}

/// Bytes per request that the node has read; the first request, which makes the connection, is not counted.
async fn weigh(node: &TestNode, client: &Client) -> Result<f64, BoxError> {
    get(client).await?;
    let before = node.counters();
    for _ in 0..REQUESTS {
        get(client).await?;
    }
    let after = node.counters();
    if after.requests - before.requests != REQUESTS {
        return Err("the node was sent something else, too".into());
    }
    Ok((after.bytes_received - before.bytes_received) as f64 / REQUESTS as f64)
}

async fn get(client: &Client) -> Result<(), BoxError> {
    let call = client.get_item().table_name(TABLE);
    call.key(KEY, string("customer-00000001")).send().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live;

    #[test]
    fn what_is_trimmed_more_weighs_less() {
        let weights = live::block_on(measure()).expect("weights");
        let ratio = |nth: usize| weights[nth].ratio;
        assert_eq!(ratio(0), 1.0);
        let ours = [ratio(3), ratio(2), ratio(1), ratio(4), 1.0];
        assert!(ours.is_sorted(), "{weights:?}");
        let passed = [ratio(6), ratio(5), ratio(7), 1.0];
        assert!(passed.is_sorted(), "{weights:?}");
    }
}
