//! One connection to a node, whichever way it was made.

use std::{
    fmt, io,
    pin::Pin,
    task::{Context, Poll},
};

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::{
    client::legacy::connect::{Connected, Connection},
    rt::TokioIo,
};
use tokio::net::TcpStream;

use crate::reuse::Open;

#[cfg(feature = "tls")]
type Inner = hyper_rustls::MaybeHttpsStream<TokioIo<TcpStream>>;
#[cfg(not(feature = "tls"))]
type Inner = TokioIo<TcpStream>;

/// What is copied into one piece to be written, rather than handed to the kernel as several: up to here a copy costs
/// less than the kernel's walk through a list.
const SMALL: usize = 1024;

/// Is a connection that a [`Connector`](crate::Connector) made: TCP, perhaps with TLS.
///
/// One type, whether the feature `tls` is on or not.
pub struct Stream {
    inner: Inner,
    is_shown: bool,
    /// Counts it while it may come back to the pool.
    open: Option<Open>,
}

impl Stream {
    /// Whether it `is_shown` to each response over it which addresses it joins.
    pub(crate) fn plain(tcp: TokioIo<TcpStream>, is_shown: bool) -> Self {
        #[cfg(feature = "tls")]
        let tcp = Inner::Http(tcp);
        Self {
            inner: tcp,
            is_shown,
            open: None,
        }
    }

    #[cfg(feature = "tls")]
    pub(crate) fn tls(inner: Inner, is_shown: bool) -> Self {
        Self {
            inner,
            is_shown,
            open: None,
        }
    }

    /// Whether HTTP/2 was agreed on.
    #[cfg(feature = "tls")]
    fn is_http2(&self) -> bool {
        match &self.inner {
            Inner::Http(_) => false,
            Inner::Https(tls) => tls.inner().get_ref().1.alpn_protocol() == Some(b"h2"),
        }
    }

    #[cfg(not(feature = "tls"))]
    fn is_http2(&self) -> bool {
        false
    }

    /// Is counted as a connection that comes back, unless all requests share it.
    pub(crate) fn counted(mut self, opened: impl FnOnce() -> Open) -> Self {
        if !self.connected().is_negotiated_h2() {
            self.open = Some(opened());
        }
        self
    }
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        if self.is_shown {
            return self.inner.connected();
        }
        let connected = Connected::new();
        match self.is_http2() {
            true => connected.negotiated_h2(),
            false => connected,
        }
    }
}

impl Read for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buffer)
    }
}

impl Write for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let whole: usize = slices.iter().map(|slice| slice.len()).sum();
        if whole > SMALL {
            return Pin::new(&mut self.inner).poll_write_vectored(cx, slices);
        }
        let mut piece = [0; SMALL];
        let mut end = 0;
        for slice in slices {
            piece[end..end + slice.len()].copy_from_slice(slice);
            end += slice.len();
        }
        Pin::new(&mut self.inner).poll_write(cx, &piece[..end])
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").finish_non_exhaustive()
    }
}
