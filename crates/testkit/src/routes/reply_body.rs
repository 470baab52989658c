//! The body of an answer: whole, chunked, cut off, or the connection's last.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

use super::Connection;

/// Bytes of a chunk; the server's own vary.
const CHUNK: usize = 32 * 1024;

#[derive(Default)]
pub(crate) struct ReplyBody {
    rest: Bytes,
    chunked: bool,
    cut: Cut,
    after: Option<After>,
}

/// Tells a connection when the body is dropped, which is after all of it was given out.
struct After {
    connection: Arc<Connection>,
    last: bool,
}

/// Where a body breaks off that is not to come to its end.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Cut {
    #[default]
    Never,
    /// What is left is given out first, and sent.
    Ahead,
    Here,
}

impl ReplyBody {
    pub(super) fn whole(bytes: impl Into<Bytes>) -> Self {
        Self {
            rest: bytes.into(),
            ..Self::default()
        }
    }

    /// Gives no length beforehand, so that the body goes out in chunks.
    pub(super) fn chunked(mut self) -> Self {
        self.chunked = true;
        self
    }

    /// Breaks off in the middle, without the last chunk.
    pub(super) fn truncated(mut self) -> Self {
        self.rest.truncate(self.rest.len() / 2);
        self.cut = Cut::Ahead;
        self.chunked()
    }

    /// Tells the connection of its end; the last one closes it, which the head does not say.
    pub(super) fn then_tell(mut self, connection: &Arc<Connection>, last: bool) -> Self {
        let connection = Arc::clone(connection);
        self.after = Some(After { connection, last });
        self
    }
}

impl Drop for After {
    fn drop(&mut self) {
        self.connection.answered(self.last);
    }
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if !self.rest.is_empty() {
            let next = if self.chunked { CHUNK } else { usize::MAX };
            let next = next.min(self.rest.len());
            let bytes = self.rest.split_to(next);
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        match self.cut {
            Cut::Never => Poll::Ready(None),
            Cut::Ahead => {
                // One turn, in which what was given out is sent.
                self.cut = Cut::Here;
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Cut::Here => Poll::Ready(Some(Err(io::ErrorKind::ConnectionAborted.into()))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.cut == Cut::Never
    }

    fn size_hint(&self) -> SizeHint {
        if self.chunked {
            SizeHint::default()
        } else {
            SizeHint::with_exact(self.rest.len() as u64)
        }
    }
}

impl fmt::Debug for ReplyBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplyBody")
            .field("rest", &self.rest.len())
            .field("chunked", &self.chunked)
            .finish_non_exhaustive()
    }
}
