//! One call whose body is made smaller first.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{
    HeaderValue, Request,
    header::{CONTENT_ENCODING, CONTENT_LENGTH},
    request::Parts,
};
use http_body::Body;
use pin_project_lite::pin_project;
use tower_muster::failover::Repeat;
use tower_service::Service;

use super::{RequestCompression, packing::Packing};
use crate::{Alternator, Gathered, Repeatable, compression::Encoding, gathered::Gather};

/// How much of a body is read: the most that Alternator takes (`alternator/server.cc`, `PayloadTooLarge`
/// above 16777216 bytes).
const CAP: usize = 16 * 1024 * 1024;

pin_project! {
    /// Resolves to the response of the service below.
    ///
    /// # Cancel safety
    ///
    /// Dropping it drops the request, or what is under way below. A compression that runs on the blocking
    /// pool already runs to its end, and nobody sees it.
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<S, B>
    where
        S: Service<Request<Gathered<B>>>,
        B: Body,
    {
        #[pin]
        state: State<S::Future, Box<Shrinking<S, B>>>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<F, W> {
        // Boxed: a call whose body stays as it is would have the room for it, too.
        Shrinking { work: Option<W> },
        Calling { #[pin] response: F },
    }
}

/// A body on its way to a smaller one.
struct Shrinking<S, B> {
    plan: Plan<S>,
    step: Step<B>,
}

enum Step<B> {
    Gathering(Gather<B>),
    Packing { plain: Bytes, packing: Packing },
}

/// What to do with the body once it is there.
pub(super) struct Plan<S> {
    pub(super) ready: S,
    pub(super) head: Parts,
    pub(super) compression: RequestCompression,
    pub(super) encoding: Encoding,
}

impl<S, B> ResponseFuture<S, B>
where
    S: Service<Request<Gathered<B>>>,
    B: Body + Unpin,
{
    #[inline]
    pub(super) fn calling(response: S::Future) -> Self {
        Self {
            state: State::Calling { response },
        }
    }

    pub(super) fn gathering(plan: Plan<S>, body: B) -> Self {
        let step = Step::Gathering(Gather::new(body, CAP));
        let work = Some(Box::new(Shrinking { plan, step }));
        Self {
            state: State::Shrinking { work },
        }
    }
}

impl<S, B: Body + Unpin> Shrinking<S, B> {
    /// Resolves to the body that is sent.
    #[inline]
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Gathered<B>> {
        loop {
            match &mut self.step {
                Step::Gathering(body) => {
                    let body = ready!(Pin::new(body).poll(cx));
                    match start(&self.plan, &body) {
                        Some(packing) => self.step = packing,
                        None => return Poll::Ready(body),
                    }
                }
                Step::Packing { plain, packing } => {
                    let packed = ready!(Pin::new(packing).poll(cx));
                    let packed =
                        packed.filter(|packed| declare(&mut self.plan, plain, packed.len()));
                    let body = packed.unwrap_or_else(|| plain.clone());
                    return Poll::Ready(Gathered::whole(body));
                }
            }
        }
    }
}

impl<S, B> Future for ResponseFuture<S, B>
where
    S: Service<Request<Gathered<B>>>,
    B: Body + Unpin,
{
    type Output = Result<S::Response, S::Error>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        loop {
            let work = match state.as_mut().project() {
                StateProj::Calling { response } => return response.poll(cx),
                StateProj::Shrinking { work } => work,
            };
            let Some(shrinking) = work else {
                // Polled again after it panicked, which no executor does.
                return Poll::Pending;
            };
            let body = ready!(shrinking.poll(cx));
            let Some(done) = work.take() else {
                return Poll::Pending;
            };
            let Plan {
                mut ready, head, ..
            } = done.plan;
            let response = ready.call(Request::from_parts(head, body));
            state.set(State::Calling { response });
        }
    }
}

/// Starts to compress a body that was read whole and is large enough.
fn start<S, B: Body>(plan: &Plan<S>, body: &Gathered<B>) -> Option<Step<B>> {
    let plain = body.data()?;
    if !plan.compression.is_reached(plain.len() as u64) {
        return None;
    }
    Some(Step::Packing {
        plain: plain.clone(),
        packing: Packing::start(plain, plan.encoding, plan.compression.flate_level()),
    })
}

/// Says in the head that the body is compressed, and what could be read from it before.
///
/// Returns `false`, and leaves the headers, if there is no room for one more.
fn declare<S>(plan: &mut Plan<S>, plain: &[u8], length: usize) -> bool {
    let Plan { head, encoding, .. } = plan;
    // With the room reserved, no insert below can find the map full and panic.
    if head.headers.try_reserve(2).is_err() {
        return false;
    }
    head.headers
        .insert(CONTENT_ENCODING, encoding.header_value());
    if head.headers.contains_key(CONTENT_LENGTH) {
        head.headers
            .insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    // What the caller said of it stays said: that is what is returned then.
    let is_repeatable = Alternator.is_repeatable(head, plain);
    head.extensions.insert(Repeatable(is_repeatable));
    true
}

impl<S, B> fmt::Debug for ResponseFuture<S, B>
where
    S: Service<Request<Gathered<B>>>,
    B: Body,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.state {
            State::Shrinking { work } => match work.as_ref().map(|work| &work.step) {
                Some(Step::Packing { .. }) => "packing",
                Some(Step::Gathering(_)) | None => "gathering",
            },
            State::Calling { .. } => "calling",
        };
        f.debug_tuple("ResponseFuture").field(&state).finish()
    }
}
