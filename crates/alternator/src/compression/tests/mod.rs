//! What the tests of both directions share.

mod order;

use std::{
    collections::VecDeque,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame};

/// A body of frames that does not say its length, and that may break off.
#[derive(Debug, Default)]
pub(super) struct Frames {
    frames: VecDeque<Result<Frame<Bytes>, Broken>>,
    /// Whether each frame has to be waited for.
    is_slow: bool,
    is_waited_for: bool,
}

/// How a body of frames breaks off.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("broken")
    }
}

impl std::error::Error for Broken {}

impl Frames {
    /// Cuts a body into frames of so many bytes.
    pub(super) fn of(body: &[u8], length: usize) -> Self {
        let frames = body.chunks(length).map(Bytes::copy_from_slice);
        Self {
            frames: frames.map(Frame::data).map(Ok).collect(),
            ..Self::default()
        }
    }

    pub(super) fn then_nothing(mut self) -> Self {
        self.frames.push_back(Ok(Frame::data(Bytes::new())));
        self
    }

    pub(super) fn then_trailers(mut self, trailers: HeaderMap) -> Self {
        self.frames.push_back(Ok(Frame::trailers(trailers)));
        self
    }

    pub(super) fn then_broken(mut self) -> Self {
        self.frames.push_back(Err(Broken));
        self
    }

    /// Is asked twice for each frame.
    pub(super) fn slow(mut self) -> Self {
        self.is_slow = true;
        self
    }

    pub(super) fn left(&self) -> usize {
        self.frames.len()
    }
}

impl Body for Frames {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        self.is_waited_for ^= self.is_slow;
        if self.is_waited_for {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(self.frames.pop_front())
    }
}
