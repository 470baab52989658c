//! One service or another, of which it is known when the stack is built.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

/// A layer that may be left out.
pub(super) struct Optional<L>(pub(super) Option<L>);

impl<L: Layer<S>, S> Layer<S> for Optional<L> {
    type Service = Either<L::Service, S>;

    fn layer(&self, inner: S) -> Self::Service {
        match &self.0 {
            Some(layer) => Either::With(layer.layer(inner)),
            None => Either::Without(inner),
        }
    }
}

/// Is one of two services that give the same answers: with a layer, or without.
///
/// tower's own makes errors alike, and so takes each answer in hand: two copies of a response for each layer that
/// is left out. An answer passes through this one untouched.
#[derive(Debug, Clone)]
#[expect(clippy::exhaustive_enums, reason = "there is no third")]
pub enum Either<A, B> {
    /// The layer is there.
    With(A),
    /// It was left out.
    Without(B),
}

impl<A, B, Request> Service<Request> for Either<A, B>
where
    A: Service<Request>,
    B: Service<Request, Response = A::Response, Error = A::Error>,
{
    type Response = A::Response;
    type Error = A::Error;
    type Future = EitherFuture<A::Future, B::Future>;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), A::Error>> {
        match self {
            Self::With(service) => service.poll_ready(cx),
            Self::Without(service) => service.poll_ready(cx),
        }
    }

    #[inline]
    fn call(&mut self, request: Request) -> Self::Future {
        // Each made in its place: what is made apart is copied there.
        match self {
            Self::With(service) => EitherFuture {
                state: State::With {
                    future: service.call(request),
                },
            },
            Self::Without(service) => EitherFuture {
                state: State::Without {
                    future: service.call(request),
                },
            },
        }
    }
}

pin_project! {
    /// Resolves to the answer of one or the other.
    ///
    /// # Cancel safety
    ///
    /// That of the future inside.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct EitherFuture<A, B> {
        #[pin]
        state: State<A, B>,
    }
}

pin_project! {
    #[project = StateProj]
    #[derive(Debug)]
    enum State<A, B> {
        With { #[pin] future: A },
        Without { #[pin] future: B },
    }
}

impl<A, B> Future for EitherFuture<A, B>
where
    A: Future,
    B: Future<Output = A::Output>,
{
    type Output = A::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<A::Output> {
        match self.project().state.project() {
            StateProj::With { future } => future.poll(cx),
            StateProj::Without { future } => future.poll(cx),
        }
    }
}
