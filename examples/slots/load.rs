//! Callers that count, and what came of it.

use std::{
    collections::BTreeMap,
    fmt,
    hash::{BuildHasher, RandomState},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use indicatif::ProgressBar;
use serde::Serialize;
use tokio::time::Instant;
use tower::{Layer, ServiceExt};
use tower_muster::{BoxError, failover::Repeat, policy::PowerOfTwo};
use tower_muster_client::{ClientBuilder, HttpClient};
use tower_muster_slots::{RouteLayer, Routed, SlotKey, SlotTable};

/// How many objects are counted.
const OBJECTS: u32 = 1_000;
type Stack = Routed<HttpClient, PowerOfTwo, Countings>;

/// Every request here may come twice: additions carry an id, by which a site knows one that was made.
#[derive(Debug, Clone, Copy)]
struct Countings;

impl Repeat for Countings {
    fn is_repeatable(&self, _: &http::request::Parts, _: &[u8]) -> bool {
        true
    }
}

/// What callers do, and how far they are.
pub(crate) struct Load {
    stack: Stack,
    /// What its counters are called by, so that those of an earlier run are none of them.
    run: String,
    requests: u32,
    callers: u32,
    done: Progress,
}

/// How far callers are.
#[derive(Clone)]
pub(crate) struct Progress {
    done: Arc<AtomicU32>,
    of: u32,
    is_stopped: Arc<AtomicBool>,
    bar: ProgressBar,
}

/// What came of it.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// Additions that were asked for.
    pub(crate) requests: u32,
    /// Additions that were answered with an error after all attempts.
    pub(crate) failed: u32,
    /// Additions that were answered as made, and are not in the counters.
    pub(crate) lost: u64,
    /// Additions that are in the counters and were not answered as made: with none that failed, some were made twice.
    pub(crate) surplus: u64,
    pub(crate) slowest_ms: u128,
    pub(crate) seconds: f64,
}

/// What one caller has seen.
#[derive(Default)]
struct Seen {
    made: BTreeMap<u32, u64>,
    failed: u32,
    slowest: Duration,
}

impl Load {
    pub(crate) fn new(
        table: SlotTable,
        requests: u32,
        callers: u32,
        quiet: bool,
    ) -> Result<Self, BoxError> {
        let client: HttpClient = ClientBuilder::new().build()?;
        let route = RouteLayer::new(table, PowerOfTwo::latency_aware());
        // The deadline is the layer's own: longer than it takes a group to replace a site, so that calls outlive that.
        let route = route.failover(|failover| failover.repeat(Countings));
        let bar = match quiet {
            true => ProgressBar::hidden(),
            false => ProgressBar::new(u64::from(requests)),
        };
        Ok(Self {
            stack: route.layer(client),
            run: format!("{:016x}", RandomState::new().hash_one(())),
            requests,
            callers,
            done: Progress {
                done: Arc::default(),
                of: requests,
                is_stopped: Arc::default(),
                bar,
            },
        })
    }

    pub(crate) fn progress(&self) -> Progress {
        self.done.clone()
    }

    /// Makes all additions, or as many as until it is stopped, and reads every counter afterwards.
    pub(crate) async fn run(&self) -> Result<Report, BoxError> {
        self.done.say("counting; ctrl-c ends it early");
        let begin = Instant::now();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let callers = (0..self.callers).map(|caller| self.caller(caller, Arc::clone(&seen)));
        futures_util::future::join_all(callers).await;
        let seconds = begin.elapsed().as_secs_f64();
        self.done.bar.finish();
        let seen = std::mem::take(&mut *seen.lock().map_err(|_| "a caller panicked")?);
        let (mut lost, mut surplus) = (0, 0);
        for object in 0..OBJECTS {
            let counted: u64 = self
                .call(
                    Request::get(format!("/counters/{}", self.name(object))),
                    object,
                )
                .await?
                .parse()?;
            let made = seen.made.get(&object).copied().unwrap_or_default();
            lost += made.saturating_sub(counted);
            surplus += counted.saturating_sub(made);
        }
        Ok(Report {
            requests: self.done.done.load(Relaxed),
            failed: seen.failed,
            lost,
            surplus,
            slowest_ms: seen.slowest.as_millis(),
            seconds,
        })
    }

    async fn caller(&self, caller: u32, seen: Arc<Mutex<Seen>>) {
        for number in (caller..self.requests).step_by(self.callers.max(1) as usize) {
            if self.done.is_stopped.load(Relaxed) {
                return;
            }
            let object = number.wrapping_mul(7_919) % OBJECTS;
            let begin = Instant::now();
            // Sites remember an addition by its id.
            let path = format!("/counters/{}/{}.{number}", self.name(object), self.run);
            let made = self.call(Request::post(path), object).await;
            if let Err(error) = &made {
                self.done.say(&format!("addition {number}: {error}"));
            }
            if let Ok(mut seen) = seen.lock() {
                seen.slowest = seen.slowest.max(begin.elapsed());
                match made {
                    Ok(_) => *seen.made.entry(object).or_default() += 1,
                    Err(_) => seen.failed += 1,
                }
            }
            self.done.done.fetch_add(1, Relaxed);
            self.done.bar.inc(1);
        }
    }

    fn name(&self, object: u32) -> String {
        format!("{}.{object}", self.run)
    }

    async fn call(&self, request: http::request::Builder, object: u32) -> Result<String, BoxError> {
        let mut request = request.body(Full::new(Bytes::new()))?;
        request
            .extensions_mut()
            .insert(SlotKey::of(self.name(object).as_bytes()));
        let response = self.stack.clone().oneshot(request).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        let text = String::from_utf8_lossy(&body).into_owned();
        match status {
            StatusCode::OK => Ok(text),
            _ => Err(format!("{status}: {text}").into()),
        }
    }
}

impl Progress {
    /// Waits until this part of the requests is done; `false` if it never will be.
    pub(crate) async fn reach(&self, part: u32, of: u32) -> bool {
        while self.done.load(Relaxed) < self.of / of * part {
            if self.is_stopped.load(Relaxed) {
                return false;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        true
    }

    /// Lets callers end with what they have begun.
    pub(crate) fn stop(&self) {
        self.is_stopped.store(true, Relaxed);
    }

    /// Says something above the bar.
    pub(crate) fn say(&self, what: &str) {
        match self.bar.is_hidden() {
            true => eprintln!("{what}"),
            false => self.bar.println(what),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} additions in {:.1} s: {} failed, {} lost, {} more than was said; the slowest took {} ms",
            self.requests, self.seconds, self.failed, self.lost, self.surplus, self.slowest_ms
        )
    }
}
