//! Sockets that tell what becomes of them.

use std::{
    convert::Infallible,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::{
    client::legacy::connect::{Connected, Connection},
    rt::TokioIo,
};
use tokio::{
    io::DuplexStream,
    net::TcpStream,
    sync::{Notify, mpsc},
};
use tower::Service;

type Opening<T> = Pin<Box<dyn Future<Output = io::Result<Watched<T>>> + Send>>;

/// A connection that says when the client has let go of it.
pub(crate) struct Watched<T> {
    inner: TokioIo<T>,
    gone: Arc<Notify>,
}

impl<T> Drop for Watched<T> {
    fn drop(&mut self) {
        self.gone.notify_one();
    }
}

/// Connects to real nodes.
#[derive(Clone, Default)]
pub(crate) struct Sockets {
    /// Whether a connection is handed over only once its peer has closed it.
    pub(crate) closed_first: bool,
    /// Tells that a connection was let go of.
    pub(crate) gone: Arc<Notify>,
}

impl Service<Uri> for Sockets {
    type Response = Watched<TcpStream>;
    type Error = io::Error;
    type Future = Opening<TcpStream>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let Self { closed_first, gone } = self.clone();
        Box::pin(async move {
            let address = uri.authority().map(ToString::to_string).unwrap_or_default();
            let stream = TcpStream::connect(address).await?;
            if closed_first {
                assert_eq!(stream.peek(&mut [0]).await?, 0, "the peer closes");
            }
            let inner = TokioIo::new(stream);
            Ok(Watched { inner, gone })
        })
    }
}

/// Connects to pipes, whose other ends a test takes in its own hands.
#[derive(Clone)]
pub(crate) struct Pipes(pub(crate) mpsc::UnboundedSender<DuplexStream>);

impl Service<Uri> for Pipes {
    type Response = Watched<DuplexStream>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let (near, far) = tokio::io::duplex(4096);
        let _ = self.0.send(far);
        let (inner, gone) = (TokioIo::new(near), Arc::default());
        std::future::ready(Ok(Watched { inner, gone }))
    }
}

impl<T> Connection for Watched<T> {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl<T: tokio::io::AsyncRead + Unpin> Read for Watched<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buffer)
    }
}

impl<T: tokio::io::AsyncWrite + Unpin> Write for Watched<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, buffer)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
