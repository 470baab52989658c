//! One request that was stamped.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::Response;
use pin_project_lite::pin_project;
use tower_muster::BoxError;

use super::StampError;
use crate::{
    Epoch, SiteId, Slot, SlotTable,
    route::{X_MUSTER_EPOCH, X_MUSTER_PRIMARY, X_MUSTER_SLOT, classify::is_refusal, number},
};

pin_project! {
    /// Resolves to the client's answer.
    ///
    /// # Cancel safety
    ///
    /// Dropping it drops the client's future.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct StampFuture<F> {
        #[pin]
        state: State<F>,
    }
}

pin_project! {
    #[project = StateProj]
    #[derive(Debug)]
    enum State<F> {
        Failed { error: Option<StampError> },
        Sent {
            #[pin]
            inner: F,
            learner: Option<(SlotTable, Slot)>,
        },
    }
}

impl<F> StampFuture<F> {
    pub(super) fn failed(error: StampError) -> Self {
        let error = Some(error);
        Self {
            state: State::Failed { error },
        }
    }

    #[inline]
    pub(super) fn sent(inner: F, learner: Option<(SlotTable, Slot)>) -> Self {
        Self {
            state: State::Sent { inner, learner },
        }
    }
}

impl<F, R, E> Future for StampFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
    E: Into<BoxError>,
{
    type Output = Result<Response<R>, BoxError>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProj::Failed { error } => match error.take() {
                Some(error) => Poll::Ready(Err(error.into())),
                // Polled again after it resolved, which no executor does.
                None => Poll::Pending,
            },
            StateProj::Sent { inner, learner } => {
                let result = ready!(inner.poll(cx)).map_err(Into::into);
                if let (Ok(response), Some((table, slot))) = (&result, learner)
                    && is_refusal(response)
                {
                    learn(table, *slot, response);
                }
                Poll::Ready(result)
            }
        }
    }
}

/// Takes in what a site says that is not the owner.
fn learn<R>(table: &SlotTable, slot: Slot, response: &Response<R>) {
    let headers = response.headers();
    // About the slot that it was asked for, and no other.
    if number::<u16>(headers, &X_MUSTER_SLOT) != Some(Ok(slot.number())) {
        return;
    }
    let Some(Ok(epoch)) = number::<u64>(headers, &X_MUSTER_EPOCH) else {
        return;
    };
    let primary = headers.get(X_MUSTER_PRIMARY);
    let primary = primary.and_then(|id| id.to_str().ok()?.parse::<SiteId>().ok());
    table.learn(slot, Epoch::new(epoch), primary.as_ref());
}
