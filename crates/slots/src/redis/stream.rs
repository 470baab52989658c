//! The socket under a connection.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

use super::{endpoint::Endpoint, error::Source};

#[cfg(feature = "tls")]
use super::tls::Tls;

/// The socket under a connection: TCP with or without TLS, or a unix socket.
pub(super) struct Stream(Pin<Box<dyn ReadWrite>>);

trait ReadWrite: AsyncRead + AsyncWrite + Send {}
impl<S: AsyncRead + AsyncWrite + Send> ReadWrite for S {}

impl Stream {
    pub(super) async fn open(
        endpoint: &Endpoint,
        #[cfg(feature = "tls")] tls: Option<&Tls>,
    ) -> Result<Self, Source> {
        let (host, port) = match endpoint {
            Endpoint::Unix(path) => return unix(path).await,
            Endpoint::Tcp { host, port, .. } => (host.as_str(), *port),
        };
        let socket = TcpStream::connect((host, port)).await?;
        socket.set_nodelay(true)?;
        #[cfg(feature = "tls")]
        if let (Some(tls), true) = (tls, endpoint.has_tls()) {
            return Ok(Self(Box::pin(tls.shake_hands(host, socket).await?)));
        }
        // A server that is to be spoken to in secret is never spoken to in the open.
        match endpoint.has_tls() {
            true => Err("there are no settings for TLS".into()),
            false => Ok(Self(Box::pin(socket))),
        }
    }
}

#[cfg(unix)]
async fn unix(path: &std::path::Path) -> Result<Stream, Source> {
    let socket = tokio::net::UnixStream::connect(path).await?;
    Ok(Stream(Box::pin(socket)))
}

#[cfg(not(unix))]
async fn unix(_: &std::path::Path) -> Result<Stream, Source> {
    Err("there are no unix sockets on this system".into())
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.0.as_mut().poll_read(cx, buffer)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.0.as_mut().poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.as_mut().poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.as_mut().poll_shutdown(cx)
    }
}
