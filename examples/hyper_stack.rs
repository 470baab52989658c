//! How do I use it without any SDK?
//!
//! Composes the layers by hand over hyper-util's client, signs each attempt for its node, and sends a few
//! DynamoDB requests to a cluster that verifies signatures, one of whose nodes is down.

use aws_credential_types::Credentials;
use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use tower::{Service, ServiceBuilder, ServiceExt};
use tower_muster::{
    BoxError, Cluster, FailoverLayer, Scope, SelectLayer,
    policy::{PowerOfTwo, RackAffinity},
};
use tower_muster_alternator::{Alternator, LocalNodes};
use tower_muster_sigv4::SigV4Layer;
use tower_muster_testkit::TestCluster;

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let servers = TestCluster::builder()
        .topology("dc1:rack1=2,rack2=2")
        .credentials("alternator", "secret_pass")
        .start()
        .await?;
    let seed = servers.urls().remove(0);

    let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    let scope = Scope::rack("dc1", "rack1").or_datacenter("dc1");
    let nodes = LocalNodes::new(client.clone(), [seed])?.scope(scope)?;
    let cluster = Cluster::discover(nodes);
    let policy = RackAffinity::new("dc1", "rack1", PowerOfTwo::latency_aware())?;
    let credentials = Credentials::new("alternator", "secret_pass", None, None, "example");
    let mut service = ServiceBuilder::new()
        .layer(FailoverLayer::new(cluster.clone()).repeat(Alternator))
        .layer(SelectLayer::new(cluster.clone(), policy).classify(Alternator))
        .layer(SigV4Layer::new(credentials, "us-east-1", "dynamodb")?)
        .service(client);

    let table = r#"{"TableName":"greetings","BillingMode":"PAY_PER_REQUEST",
        "KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],
        "AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}]}"#;
    let item = r#"{"TableName":"greetings","Item":{"id":{"S":"1"},"text":{"S":"hello"}}}"#;
    let key = r#"{"TableName":"greetings","Key":{"id":{"S":"1"}}}"#;

    println!(
        "CreateTable: {}",
        send(&mut service, "CreateTable", table).await?.len()
    );
    println!("PutItem: {}", send(&mut service, "PutItem", item).await?);
    if let Some(node) = servers.nodes().first() {
        node.kill();
        println!("{} was killed", node.address());
    }
    for _ in 0..4 {
        println!("GetItem: {}", send(&mut service, "GetItem", key).await?);
    }
    for status in cluster.nodes() {
        println!("{}: {} requests", status.node(), status.requests());
    }
    Ok(())
}

/// Sends one operation and returns the answer's text.
async fn send<S, B>(
    service: &mut S,
    operation: &str,
    body: &'static str,
) -> Result<String, BoxError>
where
    S: Service<Request<Full<Bytes>>, Response = http::Response<B>, Error: Into<BoxError>>,
    B: http_body::Body<Error: Into<BoxError>>,
{
    let request = Request::post("/")
        .header("x-amz-target", format!("DynamoDB_20120810.{operation}"))
        .header("content-type", "application/x-amz-json-1.0")
        .body(Full::new(Bytes::from_static(body.as_bytes())))?;
    let response = service
        .ready()
        .await
        .map_err(Into::into)?
        .call(request)
        .await
        .map_err(Into::into)?;
    let status = response.status();
    let body = response
        .into_body()
        .collect()
        .await
        .map_err(Into::into)?
        .to_bytes();
    let text = String::from_utf8_lossy(&body).into_owned();
    if status.is_success() {
        Ok(text)
    } else {
        Err(format!("{operation}: {status}: {text}").into())
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn it_ends_well() -> Result<(), tower_muster::BoxError> {
        super::main()
    }
}
