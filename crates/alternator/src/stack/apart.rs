//! A future on the heap.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use tower_service::Service;

/// Calls the service below, and keeps its future on the heap.
///
/// A stack that does not sign would have the room for the future of one that does, and move it about from layer to
/// layer. One that signs allocates anyway.
#[derive(Debug, Clone)]
pub struct Apart<S>(pub(super) S);

impl<S, Request> Service<Request> for Apart<S>
where
    S: Service<Request>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<S::Future>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        Box::pin(self.0.call(request))
    }
}
