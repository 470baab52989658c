//! The service that waits.

use std::{
    mem,
    sync::Arc,
    task::{Context, Poll},
};

use http::{Request, Response};
use tower_muster::{Attempt, AttemptError};
use tower_service::Service;

use super::{Gate, Hold, Look, Pass, WaitFuture};
use crate::route::SlotKey;

/// Sends each request on as soon as there is somebody to send it to.
///
/// # Clone
///
/// Clones share what is known of doubtful sites, and whatever clones of the service below share.
#[derive(Debug, Clone)]
pub struct Wait<S> {
    inner: S,
    gate: Arc<Gate>,
}

impl<S> Wait<S> {
    pub(super) fn new(inner: S, gate: Arc<Gate>) -> Self {
        Self { inner, gate }
    }

    fn look(&self, key: SlotKey, attempt: Option<&Attempt>) -> Option<Pass> {
        let slot = key.slot_among(self.gate.table.slots()?);
        match self.gate.look(slot, key, attempt, None) {
            Look::Go(pass) => Some(pass),
            Look::Wait(_) => None,
        }
    }
}

impl<S, B, R> Service<Request<B>> for Wait<S>
where
    S: Service<Request<B>, Response = Response<R>, Error = AttemptError> + Clone,
{
    type Response = Response<R>;
    type Error = AttemptError;
    type Future = WaitFuture<S, Request<B>>;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), AttemptError>> {
        self.inner.poll_ready(cx)
    }

    #[inline]
    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let Some(key) = request.extensions().get::<SlotKey>().copied() else {
            return WaitFuture::sent(self.inner.call(request), None);
        };
        let attempt = request.extensions().get::<Attempt>();
        if let Some(pass) = self.look(key, attempt) {
            pass.stamp(&mut request);
            let gate = Arc::clone(&self.gate);
            return WaitFuture::sent(self.inner.call(request), Some((gate, pass)));
        }
        let hold = Hold {
            gate: Arc::clone(&self.gate),
            key,
            attempt: attempt.cloned(),
        };
        // The one that was polled is ready; its clone may not be.
        let clone = self.inner.clone();
        let ready = mem::replace(&mut self.inner, clone);
        WaitFuture::held(hold, ready, request)
    }
}

impl Pass {
    /// Lets the primary be chosen that an earlier attempt has tried.
    pub(super) fn stamp<B>(&self, request: &mut Request<B>) {
        if !self.to_primary {
            return;
        }
        let extensions = request.extensions_mut();
        if let Some(attempt) = extensions.get_mut::<Attempt>() {
            let before: Vec<_> = attempt.before().to_vec();
            *attempt = Attempt::new(attempt.number(), Vec::new()).after(before);
        }
    }
}
