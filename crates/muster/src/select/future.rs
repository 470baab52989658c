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
                let Poll::Ready(result) = inner.poll(cx) else {
                    if let Some(lease) = lease {
                        lease.is_under_way();
                    }
                    return Poll::Pending;
                };
                match lease.take() {
                    Some(lease) => Poll::Ready(complete(result, lease, classify)),
                    None => Poll::Pending,
                }
            }
        }
    }
}

/// Tells the cluster, and the layers above, what the client's answer showed.
fn complete<B: Body, E: Into<BoxError>>(
    result: Result<Response<B>, E>,
    mut lease: Lease,
    classify: &impl Classify,
) -> Result<Response<LeaseBody<B>>, AttemptError> {
    match result {
        Ok(mut response) => {
            let outcome = classify.response(&response);
            if outcome.kind() != Kind::Served {
                let verdict = Verdict::new(lease.node().clone(), outcome);
                response.extensions_mut().insert(verdict);
                lease.learn_answer(outcome);
            } else {
                lease.answered();
            }
            Ok(response.map(|body| LeaseBody::new(body, lease)))
        }
        Err(error) => {
            let source = error.into();
            let outcome = classify.error(&*source);
            lease.learn(outcome);
            Err(AttemptError::Node {
                node: lease.node().clone(),
                outcome,
                source,
            })
        }
    }
}
