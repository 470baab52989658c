//! How do I use it under a client that knows only one address?
//!
//! A made-up name stands for the whole cluster: each connection to it goes to another node, and to the next one
//! when a node is dead. Eight callers share the AWS SDK's client over hyper-util's pool, a node dies and comes
//! back, and gets its share of the connections again when the others have reached their age.

use std::time::Duration;

use aws_sdk_dynamodb::{
    Client, Config,
    config::{BehaviorVersion, Credentials, Region},
};
use hyper_util::{
    client::legacy::{self, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};
use tower::ServiceBuilder;
use tower_muster::{
    BoxError, Cluster, ConnectLayer, Node, RetireLayer, connect::ConnectLayerError,
    policy::PowerOfTwo,
};
use tower_muster_smithy::SafeRetries;
use tower_muster_testkit::{TestCluster, TestNode};

/// Nothing has this name, and nothing asks for it.
const NAME: &str = "http://alternator.cluster:8000";

/// Between two looks at what changes in the background.
const MOMENT: Duration = Duration::from_millis(100);

/// Far longer than any of it takes.
const LONG: Duration = Duration::from_secs(60);

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let servers = TestCluster::builder()
        .topology("dc1:rack1=3")
        .credentials("alternator", "secret_pass")
        .start()
        .await?;
    let nodes: Result<Vec<_>, _> = servers.urls().iter().map(|url| Node::new(url)).collect();
    let layer = layer(&Cluster::fixed(nodes?)?)?;
    let dynamodb = dynamodb(&layer);

    call(&dynamodb).await?;
    report("at first", &layer);
    let node = servers.nodes().first().ok_or("no nodes")?;
    node.kill();
    // Its connections end in the background; until the pool knows it, one may cost a call.
    timeout(LONG, async {
        while call(&dynamodb).await.is_err() || connections(&layer, node) > 0 {
            sleep(MOMENT).await;
        }
    })
    .await?;
    report("a node is dead", &layer);
    node.restart().await?;
    timeout(LONG, async {
        while call(&dynamodb).await.is_err() || connections(&layer, node) == 0 {
            sleep(MOMENT).await;
        }
    })
    .await?;
    report("it is back", &layer);
    Ok(())
}

fn connections(layer: &ConnectLayer<PowerOfTwo>, node: &TestNode) -> u32 {
    let url = node.url();
    let mut connections = layer.connections().into_iter();
    let of_node = connections.find(|(other, _)| other.origin().as_str() == url);
    of_node.map_or(0, |(_, connections)| connections)
}

/// A node for each connection, for half a second: so long that one run shows it.
fn layer(cluster: &Cluster) -> Result<ConnectLayer<PowerOfTwo>, ConnectLayerError> {
    ConnectLayer::new(cluster.clone(), PowerOfTwo::latency_aware(), NAME)?
        .max_age(Duration::from_millis(500))
}

/// The SDK signs for the made-up name, and every node is sent that as its Host.
fn dynamodb(layer: &ConnectLayer<PowerOfTwo>) -> Client {
    let connector = ServiceBuilder::new()
        .layer(layer)
        .service(HttpConnector::new());
    let client = legacy::Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .build(connector);
    let client = ServiceBuilder::new()
        .layer(RetireLayer::new())
        .service(client);
    let credentials = Credentials::new("alternator", "secret_pass", None, None, "example");
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(NAME)
        .credentials_provider(credentials)
        .http_client(tower_muster_smithy::http_client(client))
        // Nobody else repeats anything here, so its retries stay on.
        .retry_classifier(SafeRetries::default());
    Client::from_conf(config.build())
}

/// Makes 80 calls, eight at a time.
async fn call(dynamodb: &Client) -> Result<(), BoxError> {
    let mut callers = JoinSet::new();
    for _ in 0..8 {
        let dynamodb = dynamodb.clone();
        callers.spawn(async move {
            for _ in 0..10 {
                dynamodb.list_tables().send().await?;
            }
            Ok::<_, BoxError>(())
        });
    }
    callers.join_all().await.into_iter().collect()
}

fn report(when: &str, layer: &ConnectLayer<PowerOfTwo>) {
    println!("{when}:");
    for (node, connections) in layer.connections() {
        println!("  {node}: {connections} connections");
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn it_ends_well() -> Result<(), tower_muster::BoxError> {
        super::main()
    }
}
