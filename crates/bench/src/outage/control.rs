//! The same outage without a stack: the SDK alone, whose endpoint is another node at each attempt.
//!
//! It shows that what is measured here can be bad. Clients that are made of the SDK's interceptors work so:
//! they have no memory of a dead node, and the SDK waits before it tries again.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use aws_sdk_dynamodb::config::endpoint::{Endpoint, EndpointFuture, Params, ResolveEndpoint};
use serde::Serialize;
use tokio::time::sleep;
use tower_muster::BoxError;

use super::{
    load::Load,
    rounds::{PHASE, SETTLING},
    scene,
};
use crate::live::{latency::Latency, sdk, table};

/// One round.
#[derive(Debug, Serialize)]
pub(super) struct Control {
    /// p99 with a dead node, of p99 without.
    ratio: f64,
    /// In milliseconds.
    pub(super) healthy: Latency,
    pub(super) outage: Latency,
    pub(super) failed: usize,
}

pub(super) async fn run() -> Result<Control, BoxError> {
    let nodes = scene::nodes().await?;
    let client = sdk::plain_at(InTurn {
        urls: nodes.urls(),
        next: AtomicUsize::new(0),
    });
    table::create(&client).await?;
    let load = Load::begin(&client).await?;
    sleep(SETTLING).await;
    load.take();
    sleep(PHASE).await;
    let before = load.take();
    nodes.nodes().first().ok_or("there is no node")?.kill();
    sleep(PHASE).await;
    let after = load.take();
    let failed = before.failed + after.failed;
    let [healthy, outage] = [before, after].map(|ended| Latency::of(ended.times));
    let (healthy, outage) = healthy.zip(outage).ok_or("no calls")?;
    Ok(Control {
        ratio: outage.p99 / healthy.p99,
        healthy,
        outage,
        failed,
    })
}

/// All nodes by turns; it is asked at each attempt.
#[derive(Debug)]
struct InTurn {
    urls: Vec<String>,
    next: AtomicUsize,
}

impl ResolveEndpoint for InTurn {
    fn resolve_endpoint<'a>(&'a self, _: &'a Params) -> EndpointFuture<'a> {
        let turn = self.next.fetch_add(1, Relaxed);
        let url = self.urls[turn % self.urls.len()].clone();
        EndpointFuture::ready(Ok(Endpoint::builder().url(url).build()))
    }
}
