//! The future of one call whose body is not signed.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use aws_sigv4::http_request::SignableBody;
use aws_smithy_runtime_api::client::identity::Identity;
use http::Request;
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::BoxError;
use crate::credentials::{PendingIdentity, Resolution};
use crate::error::{Error, ErrorKind};
use crate::signer::Signer;

pin_project! {
    /// Resolves to the response of the service below.
    ///
    /// Polled again after it ended with an [`Error`], it ends with [`ErrorKind::Ended`] and sends nothing.
    ///
    /// # Cancel safety
    ///
    /// Dropped before the service below was called, nothing was sent: the body, the wait for credentials and
    /// the ready service are dropped with it. Dropped later, it drops the inner future.
    pub struct UnsignedPayloadFuture<S, B>
    where
        S: Service<Request<B>>,
    {
        #[pin]
        state: State<S, S::Future, B>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<S, F, B> {
        Resolving { signer: Arc<Signer>, identity: Option<PendingIdentity>, unsent: Option<(S, Request<B>)> },
        Sending { #[pin] response: F },
        Ended,
    }
}

impl<S, B> UnsignedPayloadFuture<S, B>
where
    S: Service<Request<B>>,
{
    pub(super) const fn new(ready: S, signer: Arc<Signer>, request: Request<B>) -> Self {
        let state = State::Resolving {
            signer,
            identity: None,
            unsent: Some((ready, request)),
        };
        Self { state }
    }
}

impl<S, B> Future for UnsignedPayloadFuture<S, B>
where
    S: Service<Request<B>>,
    S::Error: Into<BoxError>,
{
    type Output = Result<S::Response, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        loop {
            let sent = match state.as_mut().project() {
                StateProj::Resolving {
                    signer,
                    identity,
                    unsent,
                } => {
                    let identity = ready!(resolve(signer, identity, unsent.as_ref(), cx));
                    identity.and_then(|identity| send(signer, unsent.take(), &identity))
                }
                StateProj::Sending { response } => return response.poll(cx).map_err(Into::into),
                StateProj::Ended => Err(Error::new(ErrorKind::Ended)),
            };
            match sent {
                Ok(response) => state.set(State::Sending { response }),
                Err(error) => {
                    state.set(State::Ended);
                    return Poll::Ready(Err(error.into()));
                }
            }
        }
    }
}

fn resolve<S, B>(
    signer: &Signer,
    pending: &mut Option<PendingIdentity>,
    unsent: Option<&(S, Request<B>)>,
    cx: &mut Context<'_>,
) -> Poll<Result<Arc<Identity>, Error>> {
    if let (None, Some((_, request))) = (&pending, unsent) {
        match signer.resolve(request.headers(), request.uri()) {
            Resolution::Known(identity) => return Poll::Ready(Ok(identity)),
            Resolution::Pending(identity) => *pending = Some(identity),
        }
    }
    match pending {
        Some(identity) => identity.poll(cx),
        None => Poll::Ready(Err(Error::new(ErrorKind::Ended))),
    }
}

fn send<S, B>(
    signer: &Signer,
    unsent: Option<(S, Request<B>)>,
    identity: &Identity,
) -> Result<S::Future, Error>
where
    S: Service<Request<B>>,
{
    let (mut service, request) = unsent.ok_or_else(|| Error::new(ErrorKind::Ended))?;
    let (mut parts, body) = request.into_parts();
    signer.sign(&mut parts, SignableBody::UnsignedPayload, identity)?;
    Ok(service.call(Request::from_parts(parts, body)))
}

impl<S, B> fmt::Debug for UnsignedPayloadFuture<S, B>
where
    S: Service<Request<B>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.state {
            State::Resolving { .. } => "resolving",
            State::Sending { .. } => "forwarding",
            State::Ended => "ended",
        };
        f.debug_struct("UnsignedPayloadFuture")
            .field("state", &state)
            .finish()
    }
}
