//! How do I keep my reqwest client, with its proxies and its TLS?
//!
//! Puts the whole stack over a `reqwest::Client`: a few lines turn our requests into reqwest's and its responses into
//! ours. Everything else stays as it is: nodes are discovered by the same client, a dead one costs no call, and each
//! attempt is signed for its node.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use aws_credential_types::Credentials;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use tower::{Service, ServiceExt};
use tower_muster::BoxError;
use tower_muster_alternator::{Alternator, Stack};
use tower_muster_testkit::TestCluster;

/// A reqwest client as a service of requests and responses of the `http` crate.
#[derive(Debug, Clone)]
struct Reqwest(reqwest::Client);

impl Reqwest {
    fn new() -> reqwest::Result<Self> {
        let client = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(1))
            // The stack sends again itself, to another node; and no node sends anybody elsewhere.
            .retry(reqwest::retry::never())
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self(client))
    }
}

impl Service<Request<Full<Bytes>>> for Reqwest {
    type Response = Response<reqwest::Body>;
    type Error = reqwest::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, reqwest::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), reqwest::Error>> {
        Service::<reqwest::Request>::poll_ready(&mut self.0, cx)
    }

    fn call(&mut self, request: Request<Full<Bytes>>) -> Self::Future {
        let client = self.0.clone();
        Box::pin(async move {
            let request = request.map(reqwest::Body::wrap).try_into()?;
            client.execute(request).await.map(Response::from)
        })
    }
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let servers = TestCluster::builder()
        .topology("dc1:rack1=3")
        .credentials("alternator", "secret_pass")
        .start()
        .await?;
    let credentials = Credentials::new("alternator", "secret_pass", None, None, "example");
    let stack = Alternator::at_any(servers.urls())
        .credentials(credentials, "us-east-1")
        .build_over(Reqwest::new()?)?;

    println!("before: {}", list_tables(&stack).await?);
    for node in servers.nodes().iter().take(2) {
        node.kill();
        println!("{} was killed", node.address());
    }
    for _ in 0..4 {
        println!("after: {}", list_tables(&stack).await?);
    }
    Ok(())
}

async fn list_tables(stack: &Stack<Reqwest>) -> Result<String, BoxError> {
    let request = Request::post("/")
        .header("x-amz-target", "DynamoDB_20120810.ListTables")
        .header("content-type", "application/x-amz-json-1.0")
        .body(Full::new(Bytes::from("{}")))?;
    let response = stack.service().oneshot(request).await?;
    let status = response.status();
    let body = response.into_body().collect().await?.to_bytes();
    let text = String::from_utf8_lossy(&body).into_owned();
    match status.is_success() {
        true => Ok(text),
        false => Err(format!("{status}: {text}").into()),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn it_ends_well() -> Result<(), tower_muster::BoxError> {
        super::main()
    }
}
