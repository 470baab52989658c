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
        state: State<S::Future, B>,
        plan: Option<Plan<S>>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<F, B> {
        Gathering { #[pin] body: Gather<B> },
        Packing { plain: Bytes, #[pin] packing: Packing },
        Calling { #[pin] response: F },
    }
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
    pub(super) fn calling(response: S::Future) -> Self {
        Self {
            state: State::Calling { response },
            plan: None,
        }
    }

    pub(super) fn gathering(plan: Plan<S>, body: B) -> Self {
        Self {
            state: State::Gathering {
                body: Gather::new(body, CAP),
            },
            plan: Some(plan),
        }
    }
}

impl<S, B> Future for ResponseFuture<S, B>
where
    S: Service<Request<Gathered<B>>>,
    B: Body + Unpin,
{
    type Output = Result<S::Response, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let body = match this.state.as_mut().project() {
                StateProj::Calling { response } => return response.poll(cx),
                StateProj::Gathering { body } => {
                    let body = ready!(body.poll(cx));
                    if let Some(packing) = start(this.plan, &body) {
                        this.state.set(packing);
                        continue;
                    }
                    body
                }
                StateProj::Packing { plain, packing } => {
                    let packed = ready!(packing.poll(cx));
                    let packed = packed.filter(|packed| declare(this.plan, plain, packed.len()));
                    Gathered::whole(packed.unwrap_or_else(|| plain.clone()))
                }
            };
            let Some(mut plan) = this.plan.take() else {
                // Not reached: only a call without a plan begins with the response.
                return Poll::Pending;
            };
            let request = Request::from_parts(plan.head, body);
            let response = plan.ready.call(request);
            this.state.set(State::Calling { response });
        }
    }
}

/// Starts to compress a body that was read whole and is large enough.
fn start<S, F, B: Body>(plan: &Option<Plan<S>>, body: &Gathered<B>) -> Option<State<F, B>> {
    let plan = plan.as_ref()?;
    let plain = body.data()?;
    if !plan.compression.is_reached(plain.len() as u64) {
        return None;
    }
    Some(State::Packing {
        plain: plain.clone(),
        packing: Packing::start(plain, plan.encoding, plan.compression.flate_level()),
    })
}

/// Says in the head that the body is compressed, and what could be read from it before.
///
/// Returns `false`, and leaves the headers, if there is no room for one more.
fn declare<S>(plan: &mut Option<Plan<S>>, plain: &[u8], length: usize) -> bool {
    let Some(Plan { head, encoding, .. }) = plan else {
        return false;
    };
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
        let state = match self.state {
            State::Gathering { .. } => "gathering",
            State::Packing { .. } => "packing",
            State::Calling { .. } => "calling",
        };
        f.debug_tuple("ResponseFuture").field(&state).finish()
    }
}
