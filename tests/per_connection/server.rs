//! Servers that speak HTTP/2, or TLS, and count who comes.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::{
    body::Incoming,
    rt::{Read, Write},
    server::conn::{http1, http2},
    service::service_fn,
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::ServerConfig;
use tokio::{net::TcpListener, task::AbortHandle};
use tokio_rustls::TlsAcceptor;
use tower_muster::Node;

/// What a server speaks.
#[derive(Clone)]
pub(crate) enum Speaks {
    Http2,
    Tls(Arc<ServerConfig>),
}

/// Answers every request, until it is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) node: Node,
    connections: Arc<AtomicUsize>,
    task: AbortHandle,
}

impl Server {
    /// Listens on a port of `host`, an address of the loopback net.
    pub(crate) async fn start(host: &str, speaks: Speaks) -> Self {
        let listener = TcpListener::bind((host, 0)).await.unwrap();
        let scheme = match speaks {
            Speaks::Http2 => "http",
            Speaks::Tls(_) => "https",
        };
        let url = format!("{scheme}://{}", listener.local_addr().unwrap());
        let connections = Arc::<AtomicUsize>::default();
        let counted = Arc::clone(&connections);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counted.fetch_add(1, Relaxed);
                let io = TokioIo::new(stream);
                match speaks.clone() {
                    Speaks::Http2 => drop(tokio::spawn(serve_http2(io))),
                    Speaks::Tls(config) => drop(tokio::spawn(async move {
                        let accepting = TlsAcceptor::from(config).accept(io.into_inner());
                        if let Ok(stream) = accepting.await {
                            serve_http1(TokioIo::new(stream)).await;
                        }
                    })),
                }
            }
        });
        Self {
            node: Node::new(&url).unwrap(),
            connections,
            task: task.abort_handle(),
        }
    }

    /// Returns how many connections it has accepted.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Relaxed)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(_: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    Ok(Response::new(Full::new(Bytes::from_static(b"{}"))))
}

async fn serve_http1(io: impl Read + Write + Unpin + 'static) {
    let builder = http1::Builder::new();
    // A client may leave whenever it likes.
    let _ = builder.serve_connection(io, service_fn(answer)).await;
}

async fn serve_http2(io: impl Read + Write + Unpin + 'static) {
    let builder = http2::Builder::new(TokioExecutor::new());
    let _ = builder.serve_connection(io, service_fn(answer)).await;
}
