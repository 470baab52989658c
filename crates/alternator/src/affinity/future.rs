//! One request: its body is read, then it is passed on.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{Request, Response, request::Parts};
use http_body::Body;
use pin_project_lite::pin_project;
use tokio::runtime::Handle;
use tower_muster::BoxError;
use tower_service::Service;

use super::{
    AffinityLayer, TableKeys,
    learn::{Target, learn},
    plan::Plan,
    scan::Facts,
    service::Purpose,
    tables::Why,
};
use crate::{Gathered, gathered::Gather};

/// How much of a body is read ahead: Alternator's own limit for a request
/// (`alternator/server.cc`, `request_content_length_limit`).
const MOST_BYTES: usize = 16 << 20;

pin_project! {
    /// Resolves to what the service below answers.
    ///
    /// # Cancel safety
    ///
    /// Dropping it drops the call to the service below. A table that is being asked for beside it is
    /// asked for all the same.
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<S: Service<Request<Gathered<B>>>, B: Body> {
        #[pin]
        // Boxed: what is not looked into would have the room for it, too.
        state: State<S::Future, Box<Reading<S, B>>>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<F, R> {
        Reading { reading: Option<R> },
        Passed {
            #[pin]
            inner: F,
            defined: Option<Defined>,
        },
    }
}

/// A body that is being read, and what it is read for.
struct Reading<S, B> {
    inner: S,
    head: Parts,
    body: Gather<B>,
    purpose: Purpose,
    layer: AffinityLayer,
}

/// A table that is being created or dropped, which is forgotten before and after.
struct Defined {
    table: String,
    keys: TableKeys,
}

impl Defined {
    fn new(table: String, keys: TableKeys) -> Self {
        keys.forget(&table);
        Self { table, keys }
    }
}

impl Drop for Defined {
    fn drop(&mut self) {
        // Whoever asked in the meantime may have seen what was there before.
        self.keys.forget(&self.table);
    }
}

impl<S, B, R> ResponseFuture<S, B>
where
    S: Service<Request<Gathered<B>>, Response = Response<R>>,
    B: Body + Unpin,
{
    pub(super) fn passed(inner: S::Future) -> Self {
        Self {
            state: State::Passed {
                inner,
                defined: None,
            },
        }
    }

    pub(super) fn reading(
        inner: S,
        request: Request<B>,
        purpose: Purpose,
        layer: AffinityLayer,
    ) -> Self {
        let (head, body) = request.into_parts();
        let reading = Reading {
            inner,
            head,
            body: Gather::new(body, MOST_BYTES),
            purpose,
            layer,
        };
        Self {
            state: State::Reading {
                reading: Some(Box::new(reading)),
            },
        }
    }
}

impl<S, B, R> Future for ResponseFuture<S, B>
where
    S: Service<Request<Gathered<B>>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    B: Body<Error: Send> + Unpin + Send + 'static,
    R: Body<Error: Into<BoxError>> + Send + 'static,
    R::Data: Send,
{
    type Output = Result<Response<R>, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        loop {
            let (inner, defined) = match state.as_mut().project() {
                StateProj::Passed { inner, defined } => {
                    let result = ready!(inner.poll(cx));
                    drop(defined.take());
                    return Poll::Ready(result);
                }
                StateProj::Reading { reading } => {
                    let Some(read) = reading else {
                        // Polled again after it panicked, which no executor does.
                        return Poll::Pending;
                    };
                    let body = ready!(Pin::new(&mut read.body).poll(cx));
                    match reading.take() {
                        Some(read) => read.pass(body),
                        None => return Poll::Pending,
                    }
                }
            };
            state.set(State::Passed { inner, defined });
        }
    }
}

impl<S, B, R> Reading<S, B>
where
    S: Service<Request<Gathered<B>>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    B: Body<Error: Send> + Send + 'static,
    R: Body<Error: Into<BoxError>> + Send + 'static,
    R::Data: Send,
{
    /// Passes the request on, with what was found in its body.
    fn pass(mut self, body: Gathered<B>) -> (S::Future, Option<Defined>) {
        let AffinityLayer { interest, keys } = self.layer;
        let mut defined = None;
        match (self.purpose, body.data()) {
            (Purpose::Keys(keyed), Some(data)) => {
                let plan = Plan::of(interest, keyed, &keys, data);
                if let Some(keys) = plan.keys {
                    self.head.extensions.insert(keys);
                }
                for (table, why) in plan.to_learn {
                    let target = Target::of(&self.head);
                    begin(&self.inner, &keys, &table, why, target);
                }
            }
            (Purpose::Definition, Some(data)) => {
                defined = table(data).map(|table| Defined::new(table, keys));
            }
            (_, None) => {}
        }
        let request = Request::from_parts(self.head, body);
        (self.inner.call(request), defined)
    }
}

/// The table that is created or dropped.
fn table(body: &Bytes) -> Option<String> {
    let table = Facts::of(body)?.table?.decode()?;
    String::from_utf8(table.into_owned()).ok()
}

/// Begins to ask for a table beside the call, if there is a runtime and nobody does yet.
fn begin<S, B, R>(client: &S, keys: &TableKeys, table: &str, why: Why, target: Target)
where
    S: Service<Request<Gathered<B>>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    B: Body<Error: Send> + Send + 'static,
    R: Body<Error: Into<BoxError>> + Send + 'static,
    R::Data: Send,
{
    let Ok(runtime) = Handle::try_current() else {
        return;
    };
    if let Some(ticket) = keys.begin(table, why) {
        drop(runtime.spawn(learn(client.clone(), ticket, target)));
    }
}

impl<S, B> fmt::Debug for ResponseFuture<S, B>
where
    S: Service<Request<Gathered<B>>>,
    B: Body,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.state {
            State::Reading { .. } => "reading",
            State::Passed { .. } => "passed",
        };
        f.debug_tuple("ResponseFuture").field(&state).finish()
    }
}
