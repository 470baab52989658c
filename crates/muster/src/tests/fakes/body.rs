//! A body that does as it is told, and counts.

use std::{
    collections::VecDeque,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll},
};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};

use crate::BoxError;

/// What comes next out of a body.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Data(&'static [u8]),
    Trailers,
    Error(&'static str),
    /// Nothing, for ever.
    Stall,
}

/// Plays its steps; says how large it is only if it is told to.
#[derive(Debug, Default)]
pub(crate) struct ScriptedBody {
    steps: VecDeque<Step>,
    hint: Option<u64>,
    polls: Arc<AtomicUsize>,
}

impl ScriptedBody {
    pub(crate) fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        Self {
            steps: steps.into_iter().collect(),
            ..Self::default()
        }
    }

    pub(crate) fn of(frames: &[&'static [u8]]) -> Self {
        Self::new(frames.iter().map(|frame| Step::Data(frame)))
    }

    /// Announces a size, true or not.
    pub(crate) fn announcing(mut self, size: u64) -> Self {
        self.hint = Some(size);
        self
    }

    /// How often it was polled.
    pub(crate) fn polls(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.polls)
    }
}

impl Body for ScriptedBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        self.polls.fetch_add(1, Relaxed);
        let frame = match self.steps.pop_front() {
            None => return Poll::Ready(None),
            Some(Step::Stall) => {
                self.steps.push_front(Step::Stall);
                return Poll::Pending;
            }
            Some(Step::Data(data)) => Ok(Frame::data(Bytes::from_static(data))),
            Some(Step::Trailers) => Ok(Frame::trailers(HeaderMap::new())),
            Some(Step::Error(text)) => Err(text.into()),
        };
        Poll::Ready(Some(frame))
    }

    fn size_hint(&self) -> SizeHint {
        self.hint
            .map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
