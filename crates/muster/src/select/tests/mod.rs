mod answers;
mod body;
mod classification;
mod sending;
mod settling;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use tower::{ServiceBuilder, ServiceExt};

use super::{LeaseBody, SelectLayer};
use crate::{
    AttemptError, Cluster,
    policy::RoundRobin,
    tests::fakes::{Client, Probe, ScriptedBody},
};

/// Sends one request through a fresh stack that holds itself to the readiness contract.
async fn send(
    cluster: &Cluster,
    client: &Client,
    request: Request<Full<Bytes>>,
) -> Result<Response<LeaseBody<ScriptedBody>>, AttemptError> {
    ServiceBuilder::new()
        .layer(SelectLayer::new(cluster.clone(), RoundRobin::new()))
        .layer_fn(Probe::new)
        .service(client.clone())
        .oneshot(request)
        .await
}

fn get(uri: &str) -> Request<Full<Bytes>> {
    Request::get(uri).body(Full::default()).expect("a request")
}
