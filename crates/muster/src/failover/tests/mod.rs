mod any_story;
mod coming_back;
mod contract;
mod deadline;
mod errors;
mod hedging;
mod moving;
mod nested;
mod outage;
mod repeating;
mod replay;
mod silence;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use tower::ServiceExt;
use tower_layer::Layer;

use super::{Answer, Error, Failover, FailoverLayer, Reason, Repeat};
use crate::{
    Cluster, Policy, SelectLayer,
    policy::{Candidate, Candidates, Route},
    select::{LeaseBody, Select, Transport},
    tests::fakes::{Client, Probe, ScriptedBody, host},
};

/// Chooses the first node there is, so that a test knows the order.
#[derive(Debug)]
struct InOrder;

impl Policy for InOrder {
    fn pick<'a>(&self, _: &Route<'_>, candidates: &Candidates<'a, '_>) -> Option<Candidate<'a>> {
        Some(candidates.any())
    }
}

type Stack<R> = Failover<Select<Probe<Client>, InOrder, Transport>, R>;
type Answered = Result<Response<LeaseBody<ScriptedBody>>, Error>;

/// Failover and selection above a client that insists on being polled; no call comes back to a node.
fn stack<R: Repeat>(
    client: &Client,
    cluster: &Cluster,
    configure: impl FnOnce(FailoverLayer) -> FailoverLayer<R>,
) -> Stack<R> {
    let select = SelectLayer::new(cluster.clone(), InOrder).layer(Probe::new(client.clone()));
    configure(FailoverLayer::new(cluster.clone()).backoff(None)).layer(select)
}

/// Sends one request through a stack with the defaults.
async fn send(client: &Client, cluster: &Cluster, request: Request<Full<Bytes>>) -> Answered {
    stack(client, cluster, |layer| layer).oneshot(request).await
}

fn post() -> Request<Full<Bytes>> {
    Request::post("/")
        .body(Full::from("body"))
        .expect("a request")
}

fn get() -> Request<Full<Bytes>> {
    Request::get("/").body(Full::default()).expect("a request")
}

const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// The nodes of an error's story, in order.
fn tried(error: &Error) -> Vec<Option<u8>> {
    let nodes = error.tried().iter().map(|tried| tried.node());
    nodes
        .map(|node| node.map(|node: &Arc<_>| host(node)))
        .collect()
}

fn reason(error: &Error) -> Reason {
    match error {
        Error::Exhausted { reason, .. } => *reason,
        other => unreachable!("{other:?}"),
    }
}
