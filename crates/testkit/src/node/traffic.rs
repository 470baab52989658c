//! A node's socket: how many bytes go over it, and how it is closed.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::routes::Connection;

/// A stream that counts for its node what is read and written.
#[derive(Debug)]
pub(super) struct Traffic {
    stream: TcpStream,
    connection: Arc<Connection>,
}

impl Traffic {
    pub(super) fn new(stream: TcpStream, connection: Arc<Connection>) -> Self {
        Self { stream, connection }
    }

    /// Waits for the next request, and leaves it where it is; false if the client has left.
    fn poll_arrival(&self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        let mut first = [0];
        let there = ready!(self.stream.poll_peek(cx, &mut ReadBuf::new(&mut first)))?;
        Poll::Ready(Ok(there > 0))
    }

    fn received(&self, bytes: usize) {
        let counters = &self.connection.node().counters;
        add(&counters.bytes_received, bytes);
    }

    /// Counts before it writes, and takes back what was not written: a client that has
    /// its answer finds it counted.
    fn send(
        &mut self,
        length: usize,
        write: impl FnOnce(Pin<&mut TcpStream>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        add(&self.connection.node().counters.bytes_sent, length);
        let written = write(Pin::new(&mut self.stream));
        let sent = match &written {
            Poll::Ready(Ok(sent)) => *sent,
            _ => 0,
        };
        let left = length.saturating_sub(sent) as u64;
        let counters = &self.connection.node().counters;
        counters.bytes_sent.fetch_sub(left, Ordering::Relaxed);
        written
    }
}

fn add(counter: &AtomicU64, bytes: usize) {
    counter.fetch_add(bytes as u64, Ordering::Relaxed);
}

impl Drop for Traffic {
    fn drop(&mut self) {
        if let Some(how) = self.connection.how_it_ends() {
            how.prepare(&self.stream);
        }
    }
}

impl AsyncRead for Traffic {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.connection.looks_before_it_reads() {
            let there = ready!(self.poll_arrival(cx))?;
            if there && self.connection.closes_on_arrival() {
                return Poll::Pending;
            }
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        self.received(buffer.filled().len() - before);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Traffic {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.send(bytes.len(), |stream| stream.poll_write(cx, bytes))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let length = slices.iter().map(|slice| slice.len()).sum();
        self.send(length, |stream| stream.poll_write_vectored(cx, slices))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
