//! A server of another AWS service than DynamoDB.

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpListener, task::AbortHandle};

use super::signature::signature;

/// Is a request as it was taken.
#[derive(Debug, Clone)]
pub struct Taken {
    /// Its method.
    pub method: Method,
    /// Path and query.
    pub uri: Uri,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl Taken {
    /// Returns a header's value, empty if there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().expect("text"))
    }

    /// Tells whether it is signed with this secret.
    pub fn is_signed_with(&self, secret: &str) -> bool {
        let Self {
            method,
            uri,
            headers,
            body,
        } = self;
        let (given, right) = signature(method, uri, headers, body, secret);
        given == right
    }
}

/// Answers every request with the same JSON, and writes it down.
#[derive(Debug)]
pub struct Rest {
    address: SocketAddr,
    state: Arc<State>,
    task: AbortHandle,
}

#[derive(Debug)]
struct State {
    answer: Bytes,
    fails: AtomicBool,
    connections: AtomicUsize,
    taken: Mutex<Vec<Taken>>,
}

impl Rest {
    /// Starts one on a loopback address of its own.
    pub async fn start(answer: impl Into<Bytes>) -> Self {
        let listener = TcpListener::bind("127.0.0.83:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let state = Arc::new(State {
            answer: answer.into(),
            fails: AtomicBool::new(false),
            connections: AtomicUsize::new(0),
            taken: Mutex::default(),
        });
        let shared = Arc::clone(&state);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = Arc::clone(&shared);
                state.connections.fetch_add(1, Relaxed);
                let service = service_fn(move |request| answer_to(request, Arc::clone(&state)));
                let connection =
                    http1::Builder::new().serve_connection(TokioIo::new(stream), service);
                tokio::spawn(async move {
                    let _ = connection.await;
                });
            }
        });
        Self {
            address,
            state,
            task: task.abort_handle(),
        }
    }

    /// Returns its URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns its address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers 503 from now on, or no longer.
    pub fn fail(&self, fails: bool) {
        self.state.fails.store(fails, Relaxed);
    }

    /// Returns how many connections it has taken.
    pub fn connections(&self) -> usize {
        self.state.connections.load(Relaxed)
    }

    /// Returns the requests so far, in the order in which they came.
    pub fn taken(&self) -> Vec<Taken> {
        let taken = self.state.taken.lock();
        taken.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Rest {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer_to(
    request: Request<Incoming>,
    state: Arc<State>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let body = body
        .collect()
        .await
        .map_or_else(|_| Bytes::new(), |body| body.to_bytes());
    let taken = Taken {
        method: head.method,
        uri: head.uri,
        headers: head.headers,
        body,
    };
    state
        .taken
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(taken);
    let mut response = Response::new(Full::new(state.answer.clone()));
    if state.fails.load(Relaxed) {
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    }
    Ok(response)
}
