//! Nothing here is DynamoDB's alone: another SDK crate, over REST, calls servers of its own through the same
//! layers, and each takes what was signed for it.
#![allow(clippy::unwrap_used, reason = "a failed expectation is the report")]

use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_rdsdata::{
    Client,
    config::{Builder, SharedHttpClient},
    types::Field,
};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use tower::{Layer, Service, ServiceBuilder};
use tower_muster::{BoxError, Cluster, FailoverLayer, Node, SelectLayer, select::HostHeader};
use tower_muster_sigv4::SigV4Layer;
use tower_muster_smithy::{SignedBelow, http_client, sdk_config};
use tower_muster_tests::{
    ACCESS_KEY, InOrder, Rest, Result, SECRET, Taken, credentials, hyper_client,
};

const ANSWER: &str = r#"{"numberOfRecordsUpdated":0,"records":[[{"longValue":7}]]}"#;

/// Two servers, the first of which is asked first.
async fn two() -> Result<([Rest; 2], Cluster)> {
    let mut servers = [Rest::start(ANSWER).await, Rest::start(ANSWER).await];
    // In the topology's order.
    servers.sort_by_key(Rest::url);
    let nodes: Result<Vec<_>, _> = servers.iter().map(|rest| Node::new(&rest.url())).collect();
    let cluster = Cluster::fixed(nodes?)?;
    Ok((servers, cluster))
}

/// The layers that choose, over whatever sends.
fn stack<C>(cluster: &Cluster, host: HostHeader, client: C) -> SharedHttpClient
where
    C: Service<Request<Full<Bytes>>, Response = Response<Incoming>, Error: Into<BoxError>>,
    C: Clone + Send + Sync + 'static,
    C::Future: Send,
{
    let stack = ServiceBuilder::new()
        // A statement that is carried out twice may do harm; these do not.
        .layer(FailoverLayer::new(cluster.clone()).repeat(|_: &_, _: &[u8]| true))
        .layer(SelectLayer::new(cluster.clone(), InOrder).host(host))
        .service(client);
    http_client(stack)
}

async fn count(client: &Client) -> Result<i64> {
    let execute = client.execute_statement();
    let execute = execute.resource_arn("arn:aws:rds:us-east-1:1:cluster:c");
    let execute = execute.secret_arn("arn:aws:secretsmanager:us-east-1:1:secret:s");
    let output = execute.sql("select count(*) from things").send().await?;
    match &output.records()[0][0] {
        Field::LongValue(count) => Ok(*count),
        other => Err(format!("{other:?}").into()),
    }
}

/// Has the first server fail, and the second serve.
async fn fail_over(client: &Client, servers: &[Rest; 2]) -> Result<[Vec<Taken>; 2]> {
    assert_eq!(count(client).await?, 7);
    servers[0].fail(true);
    assert_eq!(count(client).await?, 7);
    let taken = servers.each_ref().map(Rest::taken);
    assert!(!taken[0].is_empty() && !taken[1].is_empty());
    for taken in taken.iter().flatten() {
        assert_eq!(taken.uri.path(), "/Execute");
        assert_eq!(taken.header("content-type"), "application/json");
        assert!(taken.body.starts_with(b"{"), "{:?}", taken.body);
        let scope = "/us-east-1/rds-data/aws4_request";
        let key = format!("Credential={ACCESS_KEY}/");
        let authorization = taken.header("authorization");
        assert!(authorization.contains(&key) && authorization.contains(scope));
        assert!(taken.is_signed_with(SECRET), "{taken:?}");
        assert!(!taken.is_signed_with("not_it"));
    }
    Ok(taken)
}

#[tokio::test]
async fn the_stack_signs_for_another_service_of_the_sdk() -> Result {
    for sdk_signs_too in [false, true] {
        let (servers, cluster) = two().await?;
        let sign = SigV4Layer::new(credentials(), "us-east-1", "rds-data")?;
        let client = sign.layer(hyper_client());
        let stack = stack(&cluster, HostHeader::Node, client);
        let config = Builder::from(&sdk_config(stack, "us-east-1", None)?);
        let config = match sdk_signs_too {
            true => config,
            false => config.push_auth_scheme(SignedBelow::new()),
        };

        let taken = fail_over(&Client::from_conf(config.build()), &servers).await?;

        for (server, taken) in servers.iter().zip(&taken) {
            for taken in taken {
                assert_eq!(taken.header("host"), server.address().to_string());
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn another_service_of_the_sdk_signs_for_every_server() -> Result {
    let (servers, cluster) = two().await?;
    let stack = stack(&cluster, HostHeader::Keep, hyper_client());
    let key = SharedCredentialsProvider::new(credentials());
    let config = sdk_config(stack, "us-east-1", Some(key))?;

    let taken = fail_over(&Client::new(&config), &servers).await?;

    for taken in taken.iter().flatten() {
        assert_eq!(taken.header("host"), "cluster.invalid");
    }
    Ok(())
}

#[tokio::test]
async fn the_user_agent_names_what_carries_the_request() -> Result {
    let (servers, cluster) = two().await?;
    let stack = stack(&cluster, HostHeader::Keep, hyper_client());
    let config = sdk_config(stack, "us-east-1", None)?;
    count(&Client::new(&config)).await?;
    let taken = servers[0].taken();
    let user_agent = taken[0].header("user-agent");
    assert!(user_agent.contains("http#tower-muster-"), "{user_agent}");
    Ok(())
}
