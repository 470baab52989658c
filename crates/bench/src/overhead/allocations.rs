//! What a call allocates that its first attempt answers.

use std::{
    convert::Infallible,
    future::{Ready, ready},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use serde::Serialize;
use tokio::runtime::Runtime;
use tower::service_fn;
use tower_muster::{BoxError, Node};
use tower_muster_alternator::Alternator;

use super::{
    caller::{Caller, Load, slice},
    clients::{connector, pooled},
    http::Http,
    rows::{CLUSTER, plain_stack},
    server::Nodes,
};
use crate::stats::Summary;

/// Of one slice.
const CALLS: usize = 100;

/// How many slices the median is of; those before take the buffers and caches of the thread.
const SLICES: usize = 31;
const WARM_SLICES: usize = 5;

/// Allocations per call.
#[derive(Debug, Serialize)]
pub(super) struct Allocations {
    /// By the stack, over a client that allocates nothing.
    pub(super) added: f64,
    /// By hyper-util's client, from the request to the end of the answer.
    pub(super) bare: f64,
    /// By the stack over the same client.
    pub(super) ours: f64,
}

impl Allocations {
    pub(super) fn measure(runtime: &Runtime, nodes: &Nodes) -> Result<Self, BoxError> {
        let urls = nodes.plain();
        let quiet = Http::new(service_fn(nothing), &urls)?;
        let known: Result<Vec<_>, _> = urls.iter().map(|url| Node::new(url)).collect();
        let stack = Alternator::at_nodes(known?).build_over(service_fn(nothing))?;
        let stack = Http::new(stack.service(), &[CLUSTER.to_owned()])?;
        let bare = Http::new(pooled(connector()), &urls)?;
        let ours = plain_stack(nodes)?;
        Ok(Self {
            added: per_call(runtime, &stack)? - per_call(runtime, &quiet)?,
            bare: per_call(runtime, &bare)?,
            ours: per_call(runtime, &ours)?,
        })
    }
}

/// Answers at once, with what is there already.
fn nothing(_: Request<Full<Bytes>>) -> Ready<Result<Response<Full<Bytes>>, Infallible>> {
    let body = Full::new(Bytes::from_static(b"{}"));
    ready(Ok(Response::new(body)))
}

/// The median of many slices, without what a slice allocates for itself.
fn per_call(runtime: &Runtime, caller: &impl Caller) -> Result<f64, BoxError> {
    let count = |calls| -> Result<f64, BoxError> {
        let mut ended = Ok(());
        let load = Load { tasks: 1, calls };
        let counted = allocation_counter::measure(|| ended = runtime.block_on(slice(caller, load)));
        ended?;
        Ok(counted.count_total as f64)
    };
    let mut samples = Vec::with_capacity(SLICES);
    for nth in 0..WARM_SLICES + SLICES {
        let (one, all) = (count(1)?, count(1 + CALLS)?);
        if nth >= WARM_SLICES {
            samples.push((all - one) / CALLS as f64);
        }
    }
    let summary = Summary::of(samples).ok_or("there were no slices")?;
    Ok(summary.median)
}
