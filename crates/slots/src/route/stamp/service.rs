//! The service that stamps.

use std::task::{Context, Poll};

use http::{HeaderValue, Request, Response};
use tower_muster::BoxError;
use tower_service::Service;

use super::{StampError, StampFuture};
use crate::{
    Slot, SlotTable,
    route::{SlotKey, X_MUSTER_EPOCH, X_MUSTER_ROLE, X_MUSTER_SLOT},
};

/// Tells a site which slot a request is about.
///
/// # Clone
///
/// Clones share the table, and whatever clones of the client below share.
#[derive(Debug, Clone)]
pub struct Stamp<S> {
    inner: S,
    table: SlotTable,
}

impl<S> Stamp<S> {
    pub(super) fn new(inner: S, table: SlotTable) -> Self {
        Self { inner, table }
    }

    /// Writes the headers, and returns the slot; `None` if the request has no key.
    fn stamp<B>(&self, request: &mut Request<B>) -> Result<Option<Slot>, StampError> {
        let Some(key) = request.extensions().get::<SlotKey>().copied() else {
            return Ok(None);
        };
        let slots = self.table.slots().ok_or(StampError::UnknownSlot)?;
        let slot = key.slot_among(slots);
        let entry = self.table.entry(slot);
        let entry = entry.as_ref().ok_or(StampError::UnknownSlot)?;
        let role = match key.allows_replica() {
            true => HeaderValue::from_static("any"),
            false => HeaderValue::from_static("primary"),
        };
        let headers = request.headers_mut();
        for (name, value) in [
            (X_MUSTER_SLOT, entry.slot_value.clone()),
            (X_MUSTER_EPOCH, entry.epoch_value.clone()),
            (X_MUSTER_ROLE, role),
        ] {
            let is_set = headers.try_insert(name, value);
            is_set.map_err(|_| StampError::TooManyHeaders)?;
        }
        Ok(Some(slot))
    }
}

impl<S, B, R> Service<Request<B>> for Stamp<S>
where
    S: Service<Request<B>, Response = Response<R>, Error: Into<BoxError>>,
{
    type Response = Response<R>;
    type Error = BoxError;
    type Future = StampFuture<S::Future>;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    #[inline]
    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        match self.stamp(&mut request) {
            Ok(slot) => {
                let learner = slot.map(|slot| (self.table.clone(), slot));
                StampFuture::sent(self.inner.call(request), learner)
            }
            Err(error) => StampFuture::failed(error),
        }
    }
}
