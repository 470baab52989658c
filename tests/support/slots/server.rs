//! The HTTP server of a site: behind its fence, it says who it is.

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};
use tower::{Layer, ServiceExt, service_fn};
use tower_muster_slots::{FenceLayer, Fenced};

use super::journal::Journal;

/// A server of one site; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct Server {
    address: SocketAddr,
    task: JoinHandle<()>,
    /// How many requests came in, those that the fence refused among them.
    arrived: Arc<AtomicUsize>,
}

/// What a site answers by.
#[derive(Debug, Clone)]
struct Service {
    id: String,
    journal: Journal,
}

impl Service {
    /// Writes are committed under the fence; all else is answered at once.
    async fn answer(self, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
        let is_write = *request.method() != Method::GET;
        let fenced = request.extensions().get::<Fenced>().cloned();
        // A body that breaks off is not written.
        let is_whole = request.into_body().collect().await.is_ok();
        let commits = |fenced: &Fenced| self.journal.commit(&self.id, fenced);
        let is_done = is_whole && (!is_write || fenced.as_ref().is_some_and(commits));
        let mut answer = Response::new(Full::new(Bytes::from(self.id)));
        if !is_done {
            *answer.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        }
        Ok(answer)
    }
}

impl Server {
    pub(super) fn start(
        listener: TcpListener,
        id: &str,
        fence: FenceLayer,
        journal: &Journal,
    ) -> std::io::Result<Self> {
        let (id, journal) = (id.to_owned(), journal.clone());
        let service = Service { id, journal };
        let arrived = Arc::new(AtomicUsize::new(0));
        Ok(Self {
            address: listener.local_addr()?,
            task: tokio::spawn(serve(listener, service, fence, Arc::clone(&arrived))),
            arrived,
        })
    }

    pub(super) fn arrived(&self) -> usize {
        self.arrived.load(Relaxed)
    }

    /// Closes its socket and every connection, and waits until that is so.
    pub(super) async fn kill(&mut self) {
        self.task.abort();
        let _ = (&mut self.task).await;
        while TcpStream::connect(self.address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    listener: TcpListener,
    service: Service,
    fence: FenceLayer,
    arrived: Arc<AtomicUsize>,
) {
    // Dropped with this, and its connections with it.
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let service = service.clone();
        let fenced = fence.layer(service_fn(move |request| service.clone().answer(request)));
        let arrived = Arc::clone(&arrived);
        let answer = hyper::service::service_fn(move |request| {
            arrived.fetch_add(1, Relaxed);
            fenced.clone().oneshot(request)
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .serve_connection(TokioIo::new(stream), answer);
        connections.spawn(connection);
    }
}
