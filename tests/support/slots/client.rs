//! A plain client of a group: the whole stack over hyper.

use std::{
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::{
    client::legacy::{Client as Http, Error as HttpError, connect::HttpConnector},
    rt::TokioExecutor,
};
use tokio::task::JoinHandle;
use tower::{Layer, Service, ServiceExt};
use tower_muster::{
    Policy,
    policy::{Candidate, Candidates, Route},
};
use tower_muster_slots::{Epoch, RouteLayer, Routed, Slot, SlotKey, SlotTable};

use super::PATIENCE;
use crate::Result;

/// Is what a site has answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// How it went.
    pub status: StatusCode,
    /// Which site answered.
    pub site: String,
    /// Under which epoch.
    pub epoch: Option<Epoch>,
}

/// Is a call that is under way.
pub type Call = Pin<Box<dyn Future<Output = Result<Answer>> + Send>>;

/// Is a plain client of a group.
#[derive(Clone)]
#[allow(missing_debug_implementations, reason = "policies need not have one")]
pub struct Client {
    /// Who holds what, as it knows.
    pub table: SlotTable,
    /// What it sent.
    pub sends: Sends,
    service: Routed<Sends, AnyPolicy>,
}

impl Client {
    /// Makes one over a table; `policy` chooses where several sites may serve.
    pub fn new(table: SlotTable, policy: impl Policy) -> Self {
        Self::ending(table, policy, PATIENCE)
    }

    /// Makes one whose calls end by then.
    pub fn ending(table: SlotTable, policy: impl Policy, deadline: Duration) -> Self {
        let sends = Sends::new();
        let route = RouteLayer::new(table.clone(), AnyPolicy(Box::new(policy)));
        let service = route
            .failover(|failover| failover.deadline(deadline))
            .layer(sends.clone());
        Self {
            table,
            sends,
            service,
        }
    }

    /// Writes to a slot's primary.
    pub fn write(&self, slot: Slot) -> Call {
        self.call(Method::PUT, Some(SlotKey::slot(slot)))
    }

    /// Writes to a slot's primary, once: what may have been carried out is not repeated.
    pub fn write_once(&self, slot: Slot) -> Call {
        self.call(Method::POST, Some(SlotKey::slot(slot)))
    }

    /// Writes to the primary of an object's slot.
    pub fn write_object(&self, object: &[u8]) -> Call {
        self.call(Method::PUT, Some(SlotKey::of(object)))
    }

    /// Reads from a site that holds a slot.
    pub fn read(&self, slot: Slot) -> Call {
        let key = SlotKey::slot(slot).or_replica();
        self.call(Method::GET, Some(key))
    }

    /// Asks any site.
    pub fn ask_any(&self) -> Call {
        self.call(Method::GET, None)
    }

    fn call(&self, method: Method, key: Option<SlotKey>) -> Call {
        let service = self.service.clone();
        Box::pin(async move {
            let mut request = Request::builder().method(method).uri("/");
            if let (Some(key), Some(extensions)) = (key, request.extensions_mut()) {
                extensions.insert(key);
            }
            let request = request.body(Full::new(Bytes::from_static(b"one more")))?;
            let answer = service.oneshot(request).await?;
            let epoch = answer.headers().get("x-muster-epoch");
            let epoch = epoch.and_then(|epoch| epoch.to_str().ok()?.parse().ok());
            let status = answer.status();
            let body = answer.into_body().collect().await?.to_bytes();
            let site = String::from_utf8_lossy(&body).into_owned();
            Ok(Answer {
                status,
                site,
                epoch,
            })
        })
    }

    /// Begins to write to all slots, one after the other, until it is told to stop.
    pub fn stream(&self, slots: impl IntoIterator<Item = Slot>) -> Stream {
        let slots: Vec<Slot> = slots.into_iter().collect();
        let (done, is_over) = (
            Arc::new(AtomicUsize::new(0)),
            Arc::new(AtomicBool::new(false)),
        );
        let (client, count, over) = (self.clone(), Arc::clone(&done), Arc::clone(&is_over));
        let task = tokio::spawn(async move {
            let mut failures = Vec::new();
            for at in 0.. {
                if over.load(Relaxed) {
                    break;
                }
                let slot = slots[at % slots.len()];
                match client.write(slot).await {
                    Ok(answer) if answer.status == StatusCode::OK => {}
                    answer => failures.push(format!("{slot}: {answer:?}")),
                }
                count.fetch_add(1, Relaxed);
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            failures
        });
        Stream {
            done,
            is_over,
            task,
        }
    }
}

/// Any policy, so that clients are of one type.
struct AnyPolicy(Box<dyn Policy>);

impl Policy for AnyPolicy {
    fn pick<'a>(&self, route: &Route<'_>, among: &Candidates<'a, '_>) -> Option<Candidate<'a>> {
        self.0.pick(route, among)
    }
}

/// Is an endless row of writes.
#[derive(Debug)]
pub struct Stream {
    done: Arc<AtomicUsize>,
    is_over: Arc<AtomicBool>,
    task: JoinHandle<Vec<String>>,
}

impl Stream {
    /// Returns how many writes have ended.
    pub fn done(&self) -> usize {
        self.done.load(Relaxed)
    }

    /// Waits for so many more.
    pub async fn more(&self, writes: usize) {
        let enough = self.done() + writes;
        super::until("writes go on", || self.done() >= enough).await;
    }

    /// Ends it, and returns what failed.
    pub async fn end(self) -> Result<Vec<String>> {
        self.is_over.store(true, Relaxed);
        Ok(self.task.await?)
    }
}

/// Sends requests through hyper, and notes where each went.
#[derive(Debug, Clone)]
pub struct Sends {
    http: Http<HttpConnector, Full<Bytes>>,
    went: Arc<Mutex<Vec<String>>>,
}

impl Sends {
    fn new() -> Self {
        Self {
            http: Http::builder(TokioExecutor::new()).build_http(),
            went: Arc::default(),
        }
    }

    /// Returns where requests went since the last time, as `host:port`.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.went.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Service<Request<Full<Bytes>>> for Sends {
    type Response = Response<Incoming>;
    type Error = HttpError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, HttpError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), HttpError>> {
        self.http.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Full<Bytes>>) -> Self::Future {
        let place = request.uri().authority().map(ToString::to_string);
        self.went
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(place);
        Box::pin(self.http.call(request))
    }
}
