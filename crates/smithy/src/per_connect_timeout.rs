//! One client for each connect timeout, under one stack.

use std::{
    fmt,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use http::Request;
use tower_service::Service;

use crate::{
    call::Call,
    handed_on::HandedOn,
    timeouts::{Remembered, Timeouts},
};

/// Keeps the SDK's connect timeout at the bottom of a stack, with a client for each.
///
/// A pooling client has one connect timeout for all of its connections, so another one needs another pool.
/// The stack above stays one: its cluster, its health, its budget.
///
/// `limit` bounds what is asked for, and is what a request gets that asks for nothing: one of discovery or
/// a probe, or one that came through no SDK. `make` is asked for a client once for each timeout, and the
/// newest 64 clients are kept.
///
/// ```
/// use std::time::Duration;
///
/// use bytes::Bytes;
/// use http_body_util::Full;
/// use hyper_util::{client::legacy::{Client, connect::HttpConnector}, rt::TokioExecutor};
/// use tower_muster_smithy::PerConnectTimeout;
///
/// let client = PerConnectTimeout::new(Duration::from_secs(1), |timeout| {
///     let mut connector = HttpConnector::new();
///     connector.set_connect_timeout(Some(timeout));
///     Client::builder(TokioExecutor::new()).build::<_, Full<Bytes>>(connector)
/// });
/// # let _ = client;
/// ```
///
/// # Clone
///
/// Clones share the clients. Calls hand a clone of each on to each other and make it ready themselves, or are made on
/// clones of their own while it is taken.
pub struct PerConnectTimeout<F, C> {
    shared: Arc<Shared<F, C>>,
}

struct Shared<F, C> {
    limit: Duration,
    make: F,
    clients: Remembered<Duration, Arc<HandedOn<C>>>,
}

impl<F, C> PerConnectTimeout<F, C>
where
    F: Fn(Duration) -> C,
    C: Clone,
{
    /// Makes the clients with `make`, for no more than `limit`.
    #[must_use]
    pub fn new(limit: Duration, make: F) -> Self {
        Self {
            shared: Arc::new(Shared {
                limit,
                make,
                clients: Remembered::new(),
            }),
        }
    }
}

impl<F, C> Shared<F, C>
where
    F: Fn(Duration) -> C,
    C: Clone,
{
    fn timeout<B>(&self, request: &Request<B>) -> Duration {
        let asked = request
            .extensions()
            .get()
            .and_then(Timeouts::connect_timeout);
        asked.map_or(self.limit, |asked| asked.min(self.limit))
    }

    fn client(&self, timeout: Duration) -> Arc<HandedOn<C>> {
        let make = || Arc::new(HandedOn::new((self.make)(timeout)));
        self.clients.get_or_make(timeout, make)
    }
}

impl<F, C, B> Service<Request<B>> for PerConnectTimeout<F, C>
where
    F: Fn(Duration) -> C,
    C: Service<Request<B>> + Clone,
{
    type Response = C::Response;
    type Error = C::Error;
    type Future = Call<C, Request<B>>;

    /// Always ready: which client it is depends on the request.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), C::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let timeout = self.shared.timeout(&request);
        self.shared.client(timeout).call(request)
    }
}

impl<F, C> Clone for PerConnectTimeout<F, C> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<F, C> fmt::Debug for PerConnectTimeout<F, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PerConnectTimeout")
            .field("limit", &self.shared.limit)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::{Request, Response};
    use tower::{ServiceExt, service_fn};
    use tower_muster::BoxError;

    use super::PerConnectTimeout;
    use crate::Timeouts;

    const SECOND: Duration = Duration::from_secs(1);

    async fn timeout_of(asked: Option<Timeouts>) -> Duration {
        let client = PerConnectTimeout::new(SECOND, |timeout| {
            service_fn(move |_: Request<()>| {
                std::future::ready(Ok::<_, BoxError>(Response::new(timeout)))
            })
        });
        let mut request = Request::new(());
        if let Some(asked) = asked {
            request.extensions_mut().insert(asked);
        }
        let response = client.oneshot(request).await.expect("a response");
        response.into_body()
    }

    #[tokio::test]
    async fn a_request_gets_what_it_asks_for_up_to_the_limit() {
        let asked = |connect| Some(Timeouts::new(connect, Some(SECOND / 4)));
        assert_eq!(timeout_of(None).await, SECOND);
        assert_eq!(timeout_of(asked(None)).await, SECOND);
        assert_eq!(timeout_of(asked(Some(SECOND / 2))).await, SECOND / 2);
        assert_eq!(timeout_of(asked(Some(SECOND * 2))).await, SECOND);
    }
}
