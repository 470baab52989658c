//! A body made of given frames, which may also fail or stay pending.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use tower_muster_sigv4::BoxError;

/// One step of a [`Frames`] body.
pub(crate) enum Step {
    Data(&'static str),
    Trailers(HeaderMap),
    Fail(&'static str),
    /// Pending for ever.
    Stall,
}

#[derive(Default)]
pub(crate) struct Frames {
    steps: VecDeque<Step>,
    hint: SizeHint,
    last_hint: Option<SizeHint>,
    alive: Arc<()>,
}

impl Frames {
    pub(crate) fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        Self {
            steps: steps.into_iter().collect(),
            ..Self::default()
        }
    }

    pub(crate) fn data(frames: impl IntoIterator<Item = &'static str>) -> Self {
        Self::new(frames.into_iter().map(Step::Data))
    }

    pub(crate) fn hint(mut self, hint: SizeHint) -> Self {
        self.hint = hint;
        self
    }

    /// Changes the hint once all steps are taken.
    pub(crate) fn last_hint(mut self, hint: SizeHint) -> Self {
        self.last_hint = Some(hint);
        self
    }

    /// Returns a witness that counts one more as long as this body lives.
    pub(crate) fn witness(&self) -> Arc<()> {
        Arc::clone(&self.alive)
    }
}

impl Body for Frames {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match self.steps.pop_front() {
            Some(Step::Data(text)) => {
                Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(text.as_bytes())))))
            }
            Some(Step::Trailers(trailers)) => Poll::Ready(Some(Ok(Frame::trailers(trailers)))),
            Some(Step::Fail(text)) => Poll::Ready(Some(Err(text.into()))),
            Some(Step::Stall) => {
                self.steps.push_front(Step::Stall);
                Poll::Pending
            }
            None => Poll::Ready(None),
        }
    }

    fn size_hint(&self) -> SizeHint {
        let last = self.last_hint.as_ref().filter(|_| self.steps.is_empty());
        *last.unwrap_or(&self.hint)
    }
}
