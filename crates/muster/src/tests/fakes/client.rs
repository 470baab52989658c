//! A client below that answers as it is told and keeps what it saw.

use std::{
    convert::Infallible,
    future::{pending, ready},
    io,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use tokio::time::{Instant, sleep};
use tower_service::Service;

use super::ScriptedBody;
use crate::{Attempt, BoxError};

type Answering = Pin<Box<dyn Future<Output = Result<Response<ScriptedBody>, BoxError>> + Send>>;

/// What the client does with one request.
#[derive(Debug)]
pub(crate) enum Reply {
    Status(u16),
    Body(ScriptedBody),
    Io(io::ErrorKind),
    /// Nothing, for ever.
    Silence,
    After(Duration, Box<Self>),
}

impl Reply {
    pub(crate) const REFUSED: Self = Self::Io(io::ErrorKind::ConnectionRefused);
    pub(crate) const RESET: Self = Self::Io(io::ErrorKind::ConnectionReset);

    pub(crate) fn after_millis(millis: u64, reply: Self) -> Self {
        Self::After(Duration::from_millis(millis), Box::new(reply))
    }

    fn answer(self) -> Answering {
        match self {
            Self::Status(status) => {
                let mut response = Response::new(ScriptedBody::default());
                *response.status_mut() = StatusCode::from_u16(status).expect("a status");
                Box::pin(ready(Ok(response)))
            }
            Self::Body(body) => Box::pin(ready(Ok(Response::new(body)))),
            Self::Io(kind) => Box::pin(ready(Err(io::Error::from(kind).into()))),
            Self::Silence => Box::pin(pending()),
            Self::After(wait, reply) => Box::pin(async move {
                sleep(wait).await;
                reply.answer().await
            }),
        }
    }
}

/// One request as the client saw it.
#[derive(Debug)]
pub(crate) struct Seen {
    /// The last number of the address that it was aimed at.
    pub(crate) host: u8,
    pub(crate) at: Instant,
    pub(crate) head: http::request::Parts,
    pub(crate) body: Bytes,
}

impl Seen {
    pub(crate) fn attempt(&self) -> Option<&Attempt> {
        self.head.extensions.get()
    }
}

/// A client whose answer is a function of what it sees.
#[derive(Clone)]
pub(crate) struct Client {
    answer: Arc<dyn Fn(&Seen) -> Reply + Send + Sync>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Client {
    pub(crate) fn new(answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        Self {
            answer: Arc::new(answer),
            seen: Arc::default(),
        }
    }

    /// The nodes that were asked, in order.
    pub(crate) fn hosts(&self) -> Vec<u8> {
        self.with_seen(|seen| seen.iter().map(|seen| seen.host).collect())
    }

    pub(crate) fn calls(&self) -> usize {
        self.with_seen(<[_]>::len)
    }

    pub(crate) fn with_seen<T>(&self, look: impl FnOnce(&[Seen]) -> T) -> T {
        look(&self.seen.lock().expect("no panic"))
    }
}

/// A body that is there as a whole.
fn whole(body: Full<Bytes>) -> Bytes {
    let mut collecting = tokio_test::task::spawn(body.collect());
    let collected: Result<_, Infallible> = tokio_test::assert_ready!(collecting.poll());
    collected.expect("a full body").to_bytes()
}

impl Service<Request<Full<Bytes>>> for Client {
    type Response = Response<ScriptedBody>;
    type Error = BoxError;
    type Future = Answering;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Full<Bytes>>) -> Answering {
        let (head, body) = request.into_parts();
        let host = head.uri.host().and_then(|host| host.rsplit('.').next());
        let seen = Seen {
            host: host.and_then(|host| host.parse().ok()).expect("an address"),
            at: Instant::now(),
            body: whole(body),
            head,
        };
        let reply = (self.answer)(&seen);
        self.seen.lock().expect("no panic").push(seen);
        reply.answer()
    }
}
