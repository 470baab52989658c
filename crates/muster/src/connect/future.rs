//! One connect under way.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::Uri;
use pin_project_lite::pin_project;
use tower_service::Service;

use super::{ConnectError, ConnectLayer, Link, dial::Dial};
use crate::{BoxError, policy::Policy};

pin_project! {
    /// Resolves to a connection to one node.
    ///
    /// # Cancel safety
    ///
    /// Dropping it drops the connector's future and gives the lease back; it does not count against the node.
    #[must_use = "futures do nothing unless polled"]
    pub struct ConnectFuture<S: Service<Uri>, P> {
        #[pin]
        state: State<S, P>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<S: Service<Uri>, P> {
        Failed { error: Option<ConnectError> },
        Elsewhere { #[pin] inner: S::Future },
        Dialling { #[pin] dial: Dial<S, P> },
    }
}

impl<S: Service<Uri>, P> ConnectFuture<S, P> {
    pub(super) fn failed(error: ConnectError) -> Self {
        Self {
            state: State::Failed { error: Some(error) },
        }
    }

    pub(super) fn elsewhere(inner: S::Future) -> Self {
        Self {
            state: State::Elsewhere { inner },
        }
    }

    pub(super) fn dial(ready: S, layer: ConnectLayer<P>, uri: Uri) -> Self {
        Self {
            state: State::Dialling {
                dial: Dial::new(ready, layer, uri),
            },
        }
    }
}

impl<S, P> Future for ConnectFuture<S, P>
where
    S: Service<Uri, Error: Into<BoxError>>,
    P: Policy,
{
    type Output = Result<Link<S::Response>, ConnectError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProj::Failed { error } => match error.take() {
                Some(error) => Poll::Ready(Err(error)),
                // Polled again after it resolved, which no executor does.
                None => Poll::Pending,
            },
            StateProj::Elsewhere { inner } => Poll::Ready(match ready!(inner.poll(cx)) {
                Ok(connection) => Ok(Link::elsewhere(connection)),
                Err(error) => Err(ConnectError::Elsewhere(error.into())),
            }),
            StateProj::Dialling { dial } => dial.poll(cx),
        }
    }
}

impl<S: Service<Uri>, P> fmt::Debug for ConnectFuture<S, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectFuture").finish_non_exhaustive()
    }
}
