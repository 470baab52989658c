//! A node with a clock of its own, which checks signatures as a server does.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use tower::Service;

use super::verifier::verifies;
use super::{NOW, SECRET};

/// Refuses a signature that is more than 15 minutes from its own clock, as DynamoDB and Alternator do, unless told
/// otherwise.
#[derive(Clone)]
pub(crate) struct Node {
    state: Arc<Mutex<State>>,
    is_ready: bool,
}

struct State {
    /// Seconds that the node's clock is ahead of [`NOW`].
    ahead: i64,
    /// Seconds that the `Date` of its responses is ahead of its clock.
    date_ahead: i64,
    /// How many seconds a signature may be from its clock.
    window: u64,
    /// What it answers to a request whose signature is right.
    answer: StatusCode,
    received: Vec<Request<Bytes>>,
}

impl Node {
    pub(crate) fn ahead(seconds: i64) -> Self {
        let state = State {
            ahead: seconds,
            date_ahead: 0,
            window: 15 * 60,
            answer: StatusCode::OK,
            received: Vec::new(),
        };
        Self {
            state: Arc::new(Mutex::new(state)),
            is_ready: false,
        }
    }

    pub(crate) fn set_clock(&self, ahead: i64) {
        self.with(|state| state.ahead = ahead);
    }

    pub(crate) fn set_date(&self, ahead_of_clock: i64) {
        self.with(|state| state.date_ahead = ahead_of_clock);
    }

    pub(crate) fn set_window(&self, seconds: u64) {
        self.with(|state| state.window = seconds);
    }

    pub(crate) fn set_answer(&self, status: u16) {
        self.with(|state| state.answer = StatusCode::from_u16(status).expect("a status"));
    }

    /// Takes the requests that came since the last time.
    pub(crate) fn received(&self) -> Vec<Request<Bytes>> {
        self.with(|state| std::mem::take(&mut state.received))
    }

    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().expect("no panic under the lock"))
    }
}

impl State {
    fn respond(&mut self, request: Request<Bytes>) -> Response<()> {
        let mut response = Response::new(());
        *response.status_mut() = self.answer;
        let signed = seconds_of_day(&request);
        let clock = 3 * 3600 + 4 * 60 + 5 + self.ahead;
        if !verifies(&request, SECRET) {
            *response.status_mut() = StatusCode::FORBIDDEN;
        } else if signed.abs_diff(clock) > self.window {
            *response.status_mut() = StatusCode::BAD_REQUEST;
        }
        let date = http_date(self.ahead + self.date_ahead);
        let date = date.parse().expect("a header's value");
        response.headers_mut().insert("date", date);
        self.received.push(request);
        response
    }
}

/// Returns the `Date` of a server that is `ahead` seconds ahead of [`NOW`], on the same day.
pub(crate) fn http_date(ahead: i64) -> String {
    let seconds = 3 * 3600 + 4 * 60 + 5 + ahead;
    assert!(
        (0..86_400).contains(&seconds),
        "these tests keep to one day"
    );
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("Fri, 02 Jan 2026 {hour:02}:{minute:02}:{second:02} GMT")
}

/// Returns the second of 2026-01-02 that a request is signed for.
pub(crate) fn seconds_of_day<B>(request: &Request<B>) -> i64 {
    let date = request.headers()["x-amz-date"].to_str().expect("ASCII");
    let time = date.strip_prefix("20260102T").expect("on the same day");
    let number = |at: usize| time[at..at + 2].parse::<i64>().expect("two digits");
    number(0) * 3600 + number(2) * 60 + number(4)
}

/// Returns our time when our clock is `ahead` seconds ahead of [`NOW`].
pub(crate) fn time(ahead: i64) -> SystemTime {
    let seconds = NOW.as_secs().checked_add_signed(ahead).expect("a time");
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

impl Service<Request<Full<Bytes>>> for Node {
    type Response = Response<()>;
    type Error = Infallible;
    type Future = Ready<Result<Response<()>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.is_ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Full<Bytes>>) -> Self::Future {
        assert!(self.is_ready, "called without being polled ready");
        self.is_ready = false;
        let (parts, body) = request.into_parts();
        let body = body.into_inner().unwrap_or_default();
        let request = Request::from_parts(parts, body);
        let response = self.with(|state| state.respond(request));
        ready(Ok(response))
    }
}
