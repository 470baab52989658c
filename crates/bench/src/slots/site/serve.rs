//! What a site answers, and what it commits.

use std::{
    convert::Infallible,
    mem,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use http::{HeaderName, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tower::{Layer, ServiceExt};
use tower_muster_slots::{FenceLayer, Fenced};

/// Carries a number that the site logs when it commits the write.
pub(in crate::slots) const X_WRITE: HeaderName = HeaderName::from_static("x-write");

/// The numbers of the writes that were committed.
#[derive(Debug, Clone, Default)]
pub(super) struct Commits(Arc<Mutex<Vec<u64>>>);

impl Commits {
    fn log(&self, write: u64) {
        self.lock().push(write);
    }

    pub(super) fn take(&self) -> Vec<u64> {
        mem::take(&mut *self.lock())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) async fn listen(listener: TcpListener, fence: FenceLayer, commits: Commits) {
    while let Ok((socket, _)) = listener.accept().await {
        tokio::spawn(connection(socket, fence.clone(), commits.clone()));
    }
}

/// Serves one connection; how it ends is the client's business.
async fn connection(socket: TcpStream, fence: FenceLayer, commits: Commits) {
    let _ = socket.set_nodelay(true);
    let application = tower::service_fn(move |request| commit(request, commits.clone()));
    let service = fence.layer(application);
    let service = service_fn(|request| service.clone().oneshot(request));
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(socket), service)
        .await;
}

/// Commits a write if the site still may, and answers with the epoch that it has.
async fn commit(
    request: Request<Incoming>,
    commits: Commits,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let write = head
        .headers
        .get(X_WRITE)
        .and_then(|write| write.to_str().ok()?.parse().ok());
    let fenced = head.extensions.get::<Fenced>();
    let is_whole = body.collect().await.is_ok();
    let Some(fenced) = fenced.filter(|fenced| is_whole && fenced.is_current()) else {
        let mut refused = Response::new(Full::default());
        *refused.status_mut() = StatusCode::CONFLICT;
        return Ok(refused);
    };
    if let Some(write) = write {
        commits.log(write);
    }
    let epoch = fenced.epoch().to_string();
    Ok(Response::new(Full::new(epoch.into())))
}
