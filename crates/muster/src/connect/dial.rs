//! Tries one node after the other until one is connected.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use http::{Request, Uri, uri::PathAndQuery};
use pin_project_lite::pin_project;
use tokio::{
    runtime::Handle,
    sync::futures::OwnedNotified,
    time::{Instant, Sleep, sleep},
};
use tower_service::Service;

use super::{ConnectError, ConnectLayer, ConnectTimeout, Link, spread::Seat, tie::Tie};
use crate::{
    BoxError,
    attempt::{Attempt, NoNode},
    lease::Lease,
    node::Node,
    outcome::Outcome,
    policy::{Policy, Route},
};

pin_project! {
    /// One connect to the cluster.
    pub(super) struct Dial<S: Service<Uri>, P> {
        inner: S,
        // Whoever called has polled it.
        is_ready: bool,
        layer: ConnectLayer<P>,
        // What the policy sees of the call.
        request: Request<()>,
        // Waits for the first list of nodes. Boxed, as is the timer: hyper-util's pool wants what it can move.
        settling: Option<Pin<Box<OwnedNotified>>>,
        tried: Vec<Arc<Node>>,
        failure: Option<BoxError>,
        timer: Option<Pin<Box<Sleep>>>,
        chosen: Option<Chosen>,
        #[pin]
        connecting: Option<S::Future>,
    }
}

/// The node that is being connected to.
struct Chosen {
    /// In flight until there is a connection.
    lease: Lease,
    seat: Seat,
}

impl<S: Service<Uri>, P> Dial<S, P> {
    pub(super) fn new(ready: S, layer: ConnectLayer<P>, uri: Uri) -> Self {
        let mut request = Request::new(());
        *request.uri_mut() = uri;
        Self {
            inner: ready,
            is_ready: true,
            layer,
            request,
            settling: None,
            tried: Vec::new(),
            failure: None,
            timer: None,
            chosen: None,
            connecting: None,
        }
    }
}

impl<S, P> Future for Dial<S, P>
where
    S: Service<Uri, Error: Into<BoxError>>,
    P: Policy,
{
    type Output = Result<Link<S::Response>, ConnectError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            if self.chosen.is_none() {
                if let Err(error) = ready!(self.as_mut().poll_next(cx)) {
                    return Poll::Ready(Err(error));
                }
            }
            let result = ready!(self.as_mut().poll_connecting(cx));
            let mut this = self.as_mut().project();
            this.connecting.set(None);
            let Some(Chosen { mut lease, seat }) = this.chosen.take() else {
                continue;
            };
            match result {
                Ok(connection) => {
                    lease.ends();
                    let tie = Tie::new(this.layer, lease, seat);
                    return Poll::Ready(Ok(Link::to_node(connection, tie)));
                }
                Err(error) => {
                    lease.learn(Outcome::REFUSED);
                    this.tried.push(Arc::clone(lease.node()));
                    *this.failure = Some(error);
                }
            }
        }
    }
}

impl<S, P> Dial<S, P>
where
    S: Service<Uri, Error: Into<BoxError>>,
    P: Policy,
{
    /// Begins to connect to the next node, or says why there is none.
    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        ready!(self.as_mut().poll_settled(cx));
        let mut this = self.project();
        let limits = this.layer.limits;
        if this.tried.len() >= limits.max_attempts.get() as usize {
            return Poll::Ready(Err(failed(this.tried, this.failure)));
        }
        if !*this.is_ready {
            ready!(this.inner.poll_ready(cx))
                .map_err(|error| ConnectError::Connector(error.into()))?;
            *this.is_ready = true;
        }
        let lease = match pick(this.layer, this.request, this.tried) {
            Ok(lease) => lease,
            // What the nodes said tells more than that there are no more of them.
            Err(_) if this.failure.is_some() => {
                return Poll::Ready(Err(failed(this.tried, this.failure)));
            }
            Err(reason) => return Poll::Ready(Err(ConnectError::NoNode(reason))),
        };
        let uri = uri_of(lease.node()).map_err(ConnectError::NoNode)?;
        let seat = Seat::take(this.layer.policy.open(), lease.node());
        *this.is_ready = false;
        this.connecting.set(Some(this.inner.call(uri)));
        *this.chosen = Some(Chosen { lease, seat });
        restart(this.timer, limits.connect_timeout);
        Poll::Ready(Ok(()))
    }

    /// Waits until there is a list of nodes, or a reason why there is none.
    fn poll_settled(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        let cluster = &this.layer.cluster;
        loop {
            if this.settling.is_none() {
                *this.settling = cluster.settling().map(Box::pin);
            }
            // Outside of a runtime nothing will settle; the pick says so.
            if !cluster.start() {
                return Poll::Ready(());
            }
            let Some(settling) = this.settling else {
                return Poll::Ready(());
            };
            ready!(settling.as_mut().poll(cx));
            *this.settling = None;
        }
    }

    fn poll_connecting(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<S::Response, BoxError>> {
        let this = self.project();
        let Some(connecting) = this.connecting.as_pin_mut() else {
            return Poll::Pending;
        };
        if let Poll::Ready(result) = connecting.poll(cx) {
            return Poll::Ready(result.map_err(Into::into));
        }
        let Some(timer) = this.timer else {
            return Poll::Pending;
        };
        ready!(timer.as_mut().poll(cx));
        let after = this.layer.limits.connect_timeout;
        Poll::Ready(Err(ConnectTimeout { after }.into()))
    }
}

/// Chooses a node that was not tried.
fn pick<P: Policy>(
    layer: &ConnectLayer<P>,
    request: &mut Request<()>,
    tried: &[Arc<Node>],
) -> Result<Lease, NoNode> {
    // The timers of a connection need one, also where the cluster needs none.
    if Handle::try_current().is_err() {
        return Err(NoNode::NoRuntime);
    }
    if !tried.is_empty() {
        let attempt = Attempt::new(tried.len() as u32 + 1, tried);
        request.extensions_mut().insert(attempt);
    }
    layer.cluster.pick(&*layer.policy, &Route::of(request))
}

/// The node's own URI, for the connector below.
fn uri_of(node: &Arc<Node>) -> Result<Uri, NoNode> {
    let origin = node.origin();
    Uri::builder()
        .scheme(origin.scheme().clone())
        .authority(origin.authority().clone())
        .path_and_query(PathAndQuery::from_static("/"))
        .build()
        .map_err(|error| NoNode::Unaimable {
            node: Arc::clone(node),
            reason: Arc::new(error.into()),
        })
}

fn restart(timer: &mut Option<Pin<Box<Sleep>>>, after: Duration) {
    match timer {
        Some(timer) => match Instant::now().checked_add(after) {
            Some(at) => timer.as_mut().reset(at),
            None => timer.set(sleep(after)),
        },
        None => *timer = Some(Box::pin(sleep(after))),
    }
}

fn failed(tried: &[Arc<Node>], failure: &mut Option<BoxError>) -> ConnectError {
    match (tried.last(), failure.take()) {
        (Some(node), Some(source)) => ConnectError::Node {
            node: Arc::clone(node),
            attempts: tried.len() as u32,
            source,
        },
        // There is a failure for each node that was tried.
        _ => ConnectError::NoNode(NoNode::AllTried { tried: tried.len() }),
    }
}
