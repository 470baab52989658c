//! A client that writes down what leaves the stack.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, Uri};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Error;
use tower::Service;
use tower_muster_alternator::{ClientBuilder, HyperClient};

/// Is one operation as it was handed to the client.
#[derive(Debug, Clone)]
pub struct Sent {
    /// Where it went.
    pub uri: Uri,
    /// With which headers.
    pub headers: HeaderMap,
    /// And which body.
    pub body: Bytes,
}

impl Sent {
    /// Returns a header's value, empty if there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().expect("text"))
    }
}

/// Writes each operation down and passes it on; other requests are passed on only.
#[derive(Debug, Clone)]
pub struct Recorder {
    client: HyperClient,
    sent: Arc<Mutex<Vec<Sent>>>,
}

impl Recorder {
    /// Makes one over a client of its own.
    pub fn new() -> Self {
        Self {
            client: hyper_client(),
            sent: Arc::default(),
        }
    }

    /// Returns the operations so far, in the order in which they were sent.
    pub fn sent(&self) -> Vec<Sent> {
        let sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        sent.clone()
    }

    /// Forgets them.
    pub fn clear(&self) {
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        sent.clear();
    }
}

impl Default for Recorder {
    fn default() -> Self {
        Self::new()
    }
}

/// A pooling client without TLS.
pub fn hyper_client() -> HyperClient {
    ClientBuilder::new().build().expect("a client")
}

impl Service<Request<Full<Bytes>>> for Recorder {
    type Response = Response<hyper::body::Incoming>;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.client.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Full<Bytes>>) -> Self::Future {
        let mut client = self.client.clone();
        let sent = Arc::clone(&self.sent);
        Box::pin(async move {
            if request.method() == Method::POST {
                let body = request.body().clone().collect().await.expect("a full body");
                let one = Sent {
                    uri: request.uri().clone(),
                    headers: request.headers().clone(),
                    body: body.to_bytes(),
                };
                sent.lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(one);
            }
            client.call(request).await
        })
    }
}
