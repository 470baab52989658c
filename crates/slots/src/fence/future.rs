//! One request at the fence.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::Response;
use pin_project_lite::pin_project;

use super::{FenceLayer, Fenced, check::lost};
use crate::route::X_MUSTER_EPOCH;

pin_project! {
    /// Resolves to the answer of the service behind the fence, or of the fence.
    ///
    /// # Cancel safety
    ///
    /// Dropping it drops the service's future; the request may have been carried out.
    #[must_use = "futures do nothing unless polled"]
    pub struct FenceFuture<F, R> {
        #[pin]
        state: State<F, R>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<F, R> {
        Refused { answer: Option<Response<R>> },
        Passed { #[pin] inner: F },
        LetIn { #[pin] inner: F, layer: FenceLayer, fenced: Fenced },
    }
}

impl<F, R> FenceFuture<F, R> {
    pub(super) fn refused(answer: Response<R>) -> Self {
        let answer = Some(answer);
        Self {
            state: State::Refused { answer },
        }
    }

    pub(super) fn passed(inner: F) -> Self {
        Self {
            state: State::Passed { inner },
        }
    }

    pub(super) fn let_in(inner: F, layer: FenceLayer, fenced: Fenced) -> Self {
        Self {
            state: State::LetIn {
                inner,
                layer,
                fenced,
            },
        }
    }
}

impl<F, R, E> Future for FenceFuture<F, R>
where
    F: Future<Output = Result<Response<R>, E>>,
    R: Default,
{
    type Output = Result<Response<R>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProj::Refused { answer } => match answer.take() {
                Some(answer) => Poll::Ready(Ok(answer)),
                // Polled again after it resolved, which no executor does.
                None => Poll::Pending,
            },
            StateProj::Passed { inner } => inner.poll(cx),
            StateProj::LetIn {
                inner,
                layer,
                fenced,
            } => {
                let mut response = ready!(inner.poll(cx))?;
                if !fenced.is_current() {
                    tracing::debug!(
                        target: "tower_muster_slots",
                        slot = %fenced.slot(), epoch = %fenced.epoch(),
                        "an answer is withheld: the grant ended before it was there"
                    );
                    return Poll::Ready(Ok(lost(fenced.slot())));
                }
                let value = layer.epoch_value(fenced);
                // One header more than there may be is the application's doing; the answer stands without.
                let _ = response.headers_mut().try_insert(X_MUSTER_EPOCH, value);
                Poll::Ready(Ok(response))
            }
        }
    }
}

impl<F, R> fmt::Debug for FenceFuture<F, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FenceFuture").finish_non_exhaustive()
    }
}
