//! A connection that knows its node.

use std::{
    fmt, io,
    io::IoSlice,
    mem::MaybeUninit,
    pin::Pin,
    task::{Context, Poll, ready},
};

use hyper::rt::{Read, ReadBuf, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};
use pin_project_lite::pin_project;

use super::{ConnectedTo, tie::Tie};

/// How much of the first bytes is taken in by hand.
const FIRST_BYTES: usize = 1024;

pin_project! {
    /// Is a connection to one node of the cluster, or to elsewhere.
    ///
    /// It passes everything on as it is. A connection to a node is counted there until it is dropped, tells the
    /// cluster whether the node has ever answered, and ends its own use when it is time.
    pub struct Link<T> {
        #[pin]
        inner: T,
        tie: Option<Tie>,
    }
}

impl<T> Link<T> {
    pub(super) fn to_node(inner: T, tie: Tie) -> Self {
        Self {
            inner,
            tie: Some(tie),
        }
    }

    pub(super) fn elsewhere(inner: T) -> Self {
        Self { inner, tie: None }
    }

    /// Returns which node it leads to; `None` if it leads out of the cluster.
    #[must_use]
    pub fn to(&self) -> Option<&ConnectedTo> {
        self.tie.as_ref().map(Tie::to)
    }

    /// Returns the connection of the connector below.
    pub fn get_ref(&self) -> &T {
        &self.inner
    }
}

impl<T: Read> Read for Link<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        cursor: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.project();
        let Some(tie) = this.tie else {
            return this.inner.poll_read(cx, cursor);
        };
        let read = if tie.is_unheard() {
            poll_first(this.inner, tie, cx, cursor)
        } else {
            this.inner.poll_read(cx, cursor)
        };
        if read.is_pending() {
            tie.poll_idle(cx);
        }
        read
    }
}

/// Reads what a node answers first. A cursor that is handed on does not tell how much came, so that goes through
/// a buffer, once for each connection.
fn poll_first<T: Read>(
    inner: Pin<&mut T>,
    tie: &mut Tie,
    cx: &mut Context<'_>,
    mut cursor: ReadBufCursor<'_>,
) -> Poll<io::Result<()>> {
    let mut bytes = [MaybeUninit::uninit(); FIRST_BYTES];
    let most = cursor.remaining().min(FIRST_BYTES);
    let mut buffer = ReadBuf::uninit(&mut bytes[..most]);
    let result = ready!(inner.poll_read(cx, buffer.unfilled()));
    match &result {
        Ok(()) => {
            // An empty cursor is filled with nothing, which is no end.
            if most > 0 {
                tie.has_read(buffer.filled().len());
            }
            cursor.put_slice(buffer.filled());
        }
        Err(_) => tie.has_failed(),
    }
    Poll::Ready(result)
}

impl<T: Write> Write for Link<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.project();
        let result = ready!(this.inner.poll_write(cx, bytes));
        note_write(this.tie, &result);
        Poll::Ready(result)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.project();
        let result = ready!(this.inner.poll_write_vectored(cx, bytes));
        note_write(this.tie, &result);
        Poll::Ready(result)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().inner.poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().inner.poll_shutdown(cx)
    }
}

fn note_write(tie: &mut Option<Tie>, result: &io::Result<usize>) {
    if let Some(tie) = tie {
        tie.has_written();
        if result.is_err() {
            tie.has_failed();
        }
    }
}

impl<T: Connection> Connection for Link<T> {
    fn connected(&self) -> Connected {
        let connected = self.inner.connected();
        match self.to() {
            Some(to) => connected.extra(to.clone()),
            None => connected,
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Link<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link")
            .field("inner", &self.inner)
            .field("to", &self.to())
            .finish()
    }
}
