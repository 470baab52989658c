//! What the answers of a fence show.

use std::{error::Error, iter};

use http::{Response, StatusCode};
use tower_muster::{
    Blame, Outcome,
    select::{Classify, Transport},
};

use super::{StampError, X_MUSTER_FENCED, X_MUSTER_SLOT};

/// Says what the answers of a [fence](crate::FenceLayer) show, and asks another one about the rest.
///
/// | answer | outcome |
/// |---|---|
/// | 421 with `x-muster-slot` | refused: it was not carried out, and nobody is to blame |
/// | 503 with `x-muster-fenced` | ambiguous: it may have been carried out, and nobody is to blame |
/// | any other, and errors | as `inner` says |
///
/// ```
/// use http::Response;
/// use tower_muster::{Kind, select::{Classify, Transport}};
/// use tower_muster_slots::SlotClassify;
///
/// let answer = Response::builder().status(421).header("x-muster-slot", "7").body(())?;
/// let classify = SlotClassify::new(Transport::default());
/// assert_eq!(classify.response(&answer).kind(), Kind::Refused);
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct SlotClassify<C = Transport> {
    inner: C,
}

impl<C> SlotClassify<C> {
    /// Asks `inner` about what is not of a fence.
    #[must_use]
    pub fn new(inner: C) -> Self {
        Self { inner }
    }
}

impl<C: Classify> Classify for SlotClassify<C> {
    fn response<B>(&self, response: &Response<B>) -> Outcome {
        match response.status() {
            StatusCode::MISDIRECTED_REQUEST if is_refusal(response) => {
                Outcome::REFUSED.blaming(Blame::Nobody)
            }
            StatusCode::SERVICE_UNAVAILABLE if response.headers().contains_key(X_MUSTER_FENCED) => {
                Outcome::AMBIGUOUS.blaming(Blame::Nobody)
            }
            _ => self.inner.response(response),
        }
    }

    fn error(&self, error: &(dyn Error + 'static)) -> Outcome {
        let mut sources = iter::successors(Some(error), |&error| error.source());
        match sources.any(|error| error.is::<StampError>()) {
            // Nothing was sent, and another site would not be either.
            true => Outcome::FAILED,
            false => self.inner.error(error),
        }
    }
}

/// Whether a site says that it is not the owner of the slot.
pub(super) fn is_refusal<B>(response: &Response<B>) -> bool {
    response.status() == StatusCode::MISDIRECTED_REQUEST
        && response.headers().contains_key(X_MUSTER_SLOT)
}
