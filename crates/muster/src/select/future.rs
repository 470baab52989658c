//! One attempt under way.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use http::Response;
use http_body::Body;
use pin_project_lite::pin_project;

use super::{Classify, LeaseBody};
use crate::{
    BoxError,
    attempt::AttemptError,
    lease::Lease,
    outcome::{Kind, Verdict},
};

pin_project! {
    /// Resolves to one node's response.
    ///
    /// # Cancel safety
    ///
    /// Dropping it drops the client's future and ends the lease; it does not count against the node.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F, C> {
        #[pin]
        state: State<F, C>,
    }
}

pin_project! {
    #[project = StateProj]
    #[derive(Debug)]
    enum State<F, C> {
        Failed { error: Option<AttemptError> },
        Sent {
            #[pin]
            inner: F,
            lease: Option<Lease>,
            classify: C,
        },
    }
}

impl<F, C> ResponseFuture<F, C> {
    pub(super) fn failed(error: AttemptError) -> Self {
        Self {
            state: State::Failed { error: Some(error) },
        }
    }

    #[inline]
    pub(super) fn sent(inner: F, lease: Lease, classify: C) -> Self {
        Self {
            state: State::Sent {
                inner,
                lease: Some(lease),
                classify,
            },
        }
    }
}

impl<F, B, E, C> Future for ResponseFuture<F, C>
where
    F: Future<Output = Result<Response<B>, E>>,
    E: Into<BoxError>,
    B: Body,
    C: Classify,
{
    type Output = Result<Response<LeaseBody<B>>, AttemptError>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProj::Failed { error } => match error.take() {
                Some(error) => Poll::Ready(Err(error)),
                // Polled again after it resolved, which no executor does.
                None => Poll::Pending,
            },
            StateProj::Sent {
                inner,
                lease,
                classify,
            } => {
                // A response is looked at where it is: to take it out would copy it once more.
                let mut polled = inner.poll(cx);
                let kept = match &mut polled {
                    Poll::Pending => {
                        if let Some(lease) = lease {
                            lease.is_under_way();
                        }
                        return Poll::Pending;
                    }
                    Poll::Ready(result) => match (result, lease.take()) {
                        (Ok(response), Some(lease)) => answered(response, lease, classify),
                        (Err(_), lease) => lease,
                        // Polled again after it resolved.
                        (Ok(_), None) => return Poll::Pending,
                    },
                };
                match (polled, kept) {
                    (Poll::Ready(Ok(response)), kept) => {
                        Poll::Ready(Ok(response.map(|body| LeaseBody::new(body, kept))))
                    }
                    (Poll::Ready(Err(error)), Some(lease)) => {
                        Poll::Ready(Err(failed(error, lease, classify)))
                    }
                    _ => Poll::Pending,
                }
            }
        }
    }
}

/// Tells the cluster, and the layers above, what a response showed; returns the lease unless its body has ended.
#[inline]
fn answered<B: Body>(
    response: &mut Response<B>,
    mut lease: Lease,
    classify: &impl Classify,
) -> Option<Lease> {
    let outcome = classify.response(response);
    if outcome.kind() != Kind::Served {
        let verdict = Verdict::new(lease.node().clone(), outcome);
        response.extensions_mut().insert(verdict);
        lease.learn_answer(outcome);
    } else {
        lease.answered();
    }
    LeaseBody::kept(response.body(), lease)
}

/// Tells the same of an error.
fn failed(error: impl Into<BoxError>, mut lease: Lease, classify: &impl Classify) -> AttemptError {
    let source = error.into();
    let outcome = classify.error(&*source);
    lease.learn(outcome);
    AttemptError::Node {
        node: lease.node().clone(),
        outcome,
        source,
    }
}
