//! A client below that answers as it is told, and keeps what it was asked.

use std::{
    future::{pending, ready},
    io,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, request::Parts};
use http_body_util::{BodyExt, Full};
use tower_muster::BoxError;
use tower_service::Service;

use crate::discover::NOWHERE;

type Answering = Pin<Box<dyn Future<Output = Result<Response<Full<Bytes>>, BoxError>> + Send>>;

/// What the client does with one request.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// 200 with this body.
    Body(Bytes),
    Status(u16),
    /// An error of Alternator's shape: its status, type and message.
    Error(u16, &'static str, &'static str),
    Io(io::ErrorKind),
    /// Nothing, for ever.
    Silence,
}

impl Reply {
    pub(crate) const REFUSED: Self = Self::Io(io::ErrorKind::ConnectionRefused);

    pub(crate) fn list(entries: &[&str]) -> Self {
        Self::Body(serde_json::to_vec(entries).expect("strings").into())
    }

    fn answer(self) -> Answering {
        let response = match self {
            Self::Body(body) => Response::new(Full::new(body)),
            Self::Status(status) => {
                let mut response = Response::new(Full::default());
                *response.status_mut() = StatusCode::from_u16(status).expect("a status");
                response
            }
            Self::Error(status, kind, message) => {
                let kind = format!("com.amazonaws.dynamodb.v20120810#{kind}");
                let body = serde_json::json!({ "__type": kind, "message": message });
                let mut response = Response::new(Full::new(body.to_string().into()));
                *response.status_mut() = StatusCode::from_u16(status).expect("a status");
                response
            }
            Self::Io(kind) => return Box::pin(ready(Err(io::Error::from(kind).into()))),
            Self::Silence => return Box::pin(pending()),
        };
        Box::pin(ready(Ok(response)))
    }
}

/// One request as the client saw it.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) head: Parts,
    pub(crate) body: Bytes,
}

impl Seen {
    /// The host that it was aimed at, such as `10.0.0.1`.
    pub(crate) fn host(&self) -> &str {
        self.head.uri.host().expect("an authority")
    }

    pub(crate) fn query(&self) -> Option<&str> {
        self.head.uri.query()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.head.headers.get(name).expect("the header");
        value.to_str().expect("text")
    }
}

/// The place that does not exist, as a query names it.
fn nowhere() -> String {
    NOWHERE.replace('-', "%2D")
}

/// A client whose answer is a function of what it sees.
#[derive(Clone)]
pub(crate) struct Client {
    /// Nodes before 2025.1 list themselves for places that do not exist.
    is_old: bool,
    answer: Arc<dyn Fn(&Seen) -> Reply + Send + Sync>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Client {
    pub(crate) fn new(answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        Self {
            is_old: false,
            answer: Arc::new(answer),
            seen: Arc::default(),
        }
    }

    /// One whose nodes take no notice of places unless the function does.
    pub(crate) fn old(answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        let client = Self::new(answer);
        Self {
            is_old: true,
            ..client
        }
    }

    /// The requests for lists of nodes, in order.
    pub(crate) fn asked(&self) -> Vec<Seen> {
        self.of(&Method::GET)
    }

    /// The operations, in order.
    pub(crate) fn operations(&self) -> Vec<Seen> {
        self.of(&Method::POST)
    }

    fn of(&self, method: &Method) -> Vec<Seen> {
        let seen = self.seen.lock().expect("no panic");
        let seen = seen.iter().filter(|seen| seen.head.method == method);
        seen.cloned().collect()
    }
}

impl Service<Request<Full<Bytes>>> for Client {
    type Response = Response<Full<Bytes>>;
    type Error = BoxError;
    type Future = Answering;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Full<Bytes>>) -> Answering {
        let client = self.clone();
        Box::pin(async move {
            let (head, body) = request.into_parts();
            let body = body.collect().await?.to_bytes();
            let seen = Seen { head, body };
            let reply = (client.answer)(&seen);
            let is_nowhere = seen.query().is_some_and(|query| query.contains(&nowhere()));
            if is_nowhere && !client.is_old {
                // Of a place that does not exist nobody need know but the one who asked.
                return match reply {
                    Reply::Silence => reply.answer().await,
                    _ => Reply::list(&[]).answer().await,
                };
            }
            client.seen.lock().expect("no panic").push(seen);
            reply.answer().await
        })
    }
}
