//! Counts the attempts at each node, as a layer of one's own may do below `Select`.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use http::{Method, Request};
use tower::Service;

/// How many requests each node was sent, by address.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counts(Arc<Mutex<BTreeMap<String, u64>>>);

impl Counts {
    fn add(&self, address: &str) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match counts.get_mut(address) {
            Some(count) => *count += 1,
            None => {
                counts.insert(address.to_owned(), 1);
            }
        }
    }

    pub(crate) fn reset(&self) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    pub(crate) fn per_node(&self) -> BTreeMap<String, u64> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// Counts what goes to the client below; the asking for nodes is no attempt and is not counted.
#[derive(Debug, Clone)]
pub(crate) struct Counted<C> {
    inner: C,
    counts: Counts,
}

impl<C> Counted<C> {
    pub(crate) fn new(inner: C, counts: Counts) -> Self {
        Self { inner, counts }
    }
}

impl<C: Service<Request<B>>, B> Service<Request<B>> for Counted<C> {
    type Response = C::Response;
    type Error = C::Error;
    type Future = C::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), C::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> C::Future {
        if let (&Method::POST, Some(authority)) = (request.method(), request.uri().authority()) {
            self.counts.add(authority.as_str());
        }
        self.inner.call(request)
    }
}
