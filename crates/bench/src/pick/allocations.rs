//! What a call allocates that its first attempt answers.

use std::{
    convert::Infallible,
    future::ready,
    pin::pin,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use tower::{Service, ServiceBuilder, service_fn};
use tower_muster::{
    BoxError, Cluster, FailoverLayer, SelectLayer,
    policy::{PowerOfTwo, RackAffinity},
};

use super::publish::{DATACENTER, node};

/// How many calls are counted; the ones before take the buffers and caches of the thread.
const CALLS: u64 = 100;
const WARM_UP: u64 = 3;

/// Heap allocations per call, from the call to the response; the request is the caller's.
pub(super) fn per_call() -> Result<f64, BoxError> {
    let nodes = (0..9).map(node).collect::<Result<Vec<_>, _>>()?;
    let cluster = Cluster::fixed(nodes)?;
    let policy = RackAffinity::new(DATACENTER, "rack1", PowerOfTwo::latency_aware())?;
    let client = service_fn(|_: Request<Full<Bytes>>| {
        let body = Full::new(Bytes::from_static(b"{}"));
        ready(Ok::<_, Infallible>(Response::new(body)))
    });
    let mut stack = ServiceBuilder::new()
        .layer(FailoverLayer::new(cluster.clone()))
        .layer(SelectLayer::new(cluster, policy))
        .service(client);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()?;
    let _inside = runtime.enter();
    let mut allocations = 0;
    for call in 0..WARM_UP + CALLS {
        let count = one(&mut stack)?;
        if call >= WARM_UP {
            allocations += count;
        }
    }
    Ok(allocations as f64 / CALLS as f64)
}

fn one<S>(stack: &mut S) -> Result<u64, BoxError>
where
    S: Service<Request<Full<Bytes>>, Error: Into<BoxError>>,
{
    let mut context = Context::from_waker(Waker::noop());
    let request = Request::post("http://cluster.example/")
        .header("host", "cluster.example")
        .header("content-type", "application/x-amz-json-1.0")
        .header("x-amz-target", "DynamoDB_20120810.GetItem")
        .body(Full::new(Bytes::from_static(b"{\"TableName\":\"things\"}")))?;
    let mut answer = Poll::Pending;
    let counted = allocation_counter::measure(|| {
        if let Poll::Ready(Ok(())) = stack.poll_ready(&mut context) {
            answer = pin!(stack.call(request)).poll(&mut context);
        }
    });
    match answer {
        Poll::Ready(Ok(_)) => Ok(counted.count_total),
        Poll::Ready(Err(error)) => Err(error.into()),
        Poll::Pending => Err("the mock answers at once, and the stack does not".into()),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_is_allocated_is_counted() {
        let counted = allocation_counter::measure(|| drop(std::hint::black_box(Box::new(1))));
        assert_eq!(counted.count_total, 1);
    }

    #[test]
    fn a_call_that_its_first_attempt_answers_allocates_nothing() {
        assert_eq!(super::per_call().expect("calls"), 0.0);
    }
}
