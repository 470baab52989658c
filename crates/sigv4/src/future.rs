//! The future of one call.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::Request;
use http_body::Body;
use http_body_util::Full;
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::BoxError;
use crate::error::{Error, ErrorKind};
use crate::prepare::Prepare;

pin_project! {
    /// Resolves to the response of the service below.
    ///
    /// Polled again after it ended with an [`Error`], it ends with [`ErrorKind::Ended`] and sends nothing.
    ///
    /// # Cancel safety
    ///
    /// Dropped before the service below was called, nothing was sent: the body read so far, the wait for
    /// credentials and the ready service are dropped with it. Dropped later, it drops the inner future.
    pub struct ResponseFuture<S, B>
    where
        S: Service<Request<Full<Bytes>>>,
        B: Body,
    {
        #[pin]
        state: State<S, S::Future, B>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<S, F, B> {
        Preparing { #[pin] prepare: Prepare<B>, ready: Option<S> },
        Forwarding { #[pin] response: F },
        Ended,
    }
}

impl<S, B> ResponseFuture<S, B>
where
    S: Service<Request<Full<Bytes>>>,
    B: Body,
{
    pub(crate) const fn new(ready: S, prepare: Prepare<B>) -> Self {
        let ready = Some(ready);
        Self {
            state: State::Preparing { prepare, ready },
        }
    }
}

impl<S, B> Future for ResponseFuture<S, B>
where
    S: Service<Request<Full<Bytes>>>,
    S::Error: Into<BoxError>,
    B: Body,
    B::Error: Into<BoxError>,
{
    type Output = Result<S::Response, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        loop {
            let signed = match state.as_mut().project() {
                StateProj::Preparing { prepare, ready } => {
                    ready!(prepare.poll(cx)).map(|request| (request, ready.take()))
                }
                StateProj::Forwarding { response } => {
                    return response.poll(cx).map_err(Into::into);
                }
                StateProj::Ended => Err(Error::new(ErrorKind::Ended)),
            };
            match signed {
                Ok((request, Some(mut service))) => {
                    let response = service.call(request);
                    state.set(State::Forwarding { response });
                }
                Ok((_, None)) => state.set(State::Ended),
                Err(error) => {
                    // An error says that nothing was sent; nothing may be sent after it.
                    state.set(State::Ended);
                    return Poll::Ready(Err(error.into()));
                }
            }
        }
    }
}

impl<S, B> fmt::Debug for ResponseFuture<S, B>
where
    S: Service<Request<Full<Bytes>>>,
    B: Body,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.state {
            State::Preparing { .. } => "preparing",
            State::Forwarding { .. } => "forwarding",
            State::Ended => "ended",
        };
        f.debug_struct("ResponseFuture")
            .field("state", &state)
            .finish()
    }
}
