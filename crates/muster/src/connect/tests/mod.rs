//! The connector above, over one that does as it is told.

mod choosing;
mod contract;
mod failing;
mod health;
mod pool;
mod retiring;

use std::{
    future::pending,
    io,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use bytes::Bytes;
use http::Uri;
use http_body_util::Full;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::{
    client::legacy::connect::{Connected, Connection},
    rt::TokioIo,
};
use tokio::io::{DuplexStream, duplex};
use tower::ServiceExt;
use tower_layer::Layer;
use tower_service::Service;

use super::{Connect, ConnectError, ConnectLayer, Link};
use crate::{Cluster, Policy, policy::Random, tests::fakes::cluster};

const NAME: &str = "http://cluster.made-up:8000";

/// What becomes of one connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Connected,
    Refused,
    /// Nothing, for ever.
    Silent,
}

/// A connection in memory.
#[derive(Debug)]
struct Wire(TokioIo<DuplexStream>);

/// A connector that keeps where it was asked to connect to, and the far ends of what it made.
#[derive(Clone)]
struct Connector {
    fate: Arc<dyn Fn(&Uri) -> Fate + Send + Sync>,
    asked: Arc<Mutex<Vec<Uri>>>,
    far: Arc<Mutex<Vec<DuplexStream>>>,
    is_ready: bool,
    /// Whether a server speaks at the far ends.
    is_served: bool,
}

impl Connector {
    fn new(fate: impl Fn(&Uri) -> Fate + Send + Sync + 'static) -> Self {
        Self {
            fate: Arc::new(fate),
            asked: Arc::default(),
            far: Arc::default(),
            is_ready: false,
            is_served: false,
        }
    }

    /// Connects to servers that answer every request.
    fn served() -> Self {
        Self {
            is_served: true,
            ..Self::good()
        }
    }

    fn good() -> Self {
        Self::new(|_| Fate::Connected)
    }

    fn asked(&self) -> Vec<String> {
        let asked = self.asked.lock().expect("no panic");
        asked.iter().map(Uri::to_string).collect()
    }

    /// The far end of the newest connection.
    fn far(&self) -> DuplexStream {
        let mut far = self.far.lock().expect("no panic");
        far.pop().expect("a connection")
    }
}

impl Service<Uri> for Connector {
    type Response = Wire;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Wire>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.is_ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        assert!(
            std::mem::take(&mut self.is_ready),
            "called without being ready"
        );
        let fate = (self.fate)(&uri);
        self.asked.lock().expect("no panic").push(uri);
        let (near, far) = duplex(64 * 1024);
        if self.is_served {
            tokio::spawn(serve(far));
        } else if fate == Fate::Connected {
            self.far.lock().expect("no panic").push(far);
        }
        Box::pin(async move {
            match fate {
                Fate::Connected => Ok(Wire(TokioIo::new(near))),
                Fate::Refused => Err(io::ErrorKind::ConnectionRefused.into()),
                Fate::Silent => pending().await,
            }
        })
    }
}

impl Read for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        cursor: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, cursor)
    }
}

impl Write for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

impl Connection for Wire {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

async fn serve(far: DuplexStream) -> hyper::Result<()> {
    let answer = hyper::service::service_fn(async |_: http::Request<hyper::body::Incoming>| {
        Ok::<_, std::convert::Infallible>(http::Response::new(Full::<Bytes>::default()))
    });
    let builder = hyper::server::conn::http1::Builder::new();
    builder.serve_connection(TokioIo::new(far), answer).await
}

fn layer(cluster: &Cluster) -> ConnectLayer<Random> {
    layer_by(cluster, Random::new())
}

fn layer_by<P: Policy>(cluster: &Cluster, policy: P) -> ConnectLayer<P> {
    ConnectLayer::new(cluster.clone(), policy, NAME).expect("a name")
}

async fn connect<P: Policy>(service: &Connect<Connector, P>) -> Result<Link<Wire>, ConnectError> {
    service.clone().oneshot(NAME.parse().expect("a URI")).await
}

/// The numbers of the nodes that were connected to, in order.
fn hosts(connector: &Connector) -> Vec<u8> {
    let asked = connector.asked.lock().expect("no panic");
    let host = |uri: &Uri| uri.host()?.rsplit('.').next()?.parse().ok();
    asked.iter().map(|uri| host(uri).expect("a node")).collect()
}

/// Connections to each of the nodes.
fn open<P>(layer: &ConnectLayer<P>) -> Vec<u32> {
    let connections = layer.connections().into_iter();
    connections.map(|(_, count)| count).collect()
}

/// A service over nodes 1 to `count` of which those for which `is_up` holds can be connected to.
fn three(
    fate: impl Fn(u8) -> Fate + Send + Sync + 'static,
) -> (Cluster, Connector, Connect<Connector, Random>) {
    let cluster = cluster(3);
    let connector = Connector::new(move |uri| {
        let last = uri.host().and_then(|host| host.rsplit('.').next());
        fate(last.and_then(|last| last.parse().ok()).expect("a node"))
    });
    let service = layer(&cluster).layer(connector.clone());
    (cluster, connector, service)
}
