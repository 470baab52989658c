//! Calls at a steady rate, each with a deadline.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use tokio::{
    task::JoinSet,
    time::{MissedTickBehavior, interval},
};
use tower::{Layer, ServiceExt};
use tower_muster::{BoxError, policy::PowerOfTwo};
use tower_muster_slots::{Redis, RouteLayer, Slot, SlotKey, SlotTable, route::Routed};

use super::GROUP;
use crate::{
    live,
    slots::scene::{self, Scene},
    time,
};

/// A timeout and a second.
pub(super) const DEADLINE: Duration = Duration::from_millis(GROUP.timeout_ms + 1_000);
/// How many tasks begin a call each `PERIOD`, whatever became of the one before.
const TASKS: u16 = 16;
const PERIOD: Duration = Duration::from_millis(16);
/// How many failures are told in words.
const TOLD: usize = 8;

/// The calls of all tasks.
pub(super) struct Load {
    is_over: Arc<AtomicBool>,
    tasks: JoinSet<Result<Outcomes, BoxError>>,
}

/// What became of calls.
#[derive(Debug, Default)]
pub(super) struct Outcomes {
    pub(super) times: Vec<Duration>,
    pub(super) failed: usize,
    /// Some of the failures, in words.
    pub(super) failures: Vec<String>,
}

type Http = Client<HttpConnector, Full<Bytes>>;
type Service = Routed<Http, PowerOfTwo>;

impl Load {
    /// Begins, with a table of its own as a client has.
    pub(super) fn begin(scene: &Scene) -> Result<Self, BoxError> {
        let redis: Redis = scene.redis()?;
        let table = SlotTable::follow(&redis, scene::GROUP)?;
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new()).build(connector);
        let route = RouteLayer::new(table, PowerOfTwo::latency_aware());
        let service = route
            .failover(|failover| failover.deadline(DEADLINE))
            .layer(client);
        let is_over = Arc::<AtomicBool>::default();
        let mut tasks = JoinSet::new();
        for number in 0..TASKS {
            tasks.spawn(calls(service.clone(), number, Arc::clone(&is_over)));
        }
        Ok(Self { is_over, tasks })
    }

    /// Waits for the last calls.
    pub(super) async fn end(mut self) -> Result<Outcomes, BoxError> {
        self.is_over.store(true, Relaxed);
        let mut all = Outcomes::default();
        while let Some(own) = self.tasks.join_next().await {
            let own = own??;
            all.add(own);
        }
        Ok(all)
    }
}

impl Outcomes {
    fn add(&mut self, other: Self) {
        self.times.extend(other.times);
        self.failed += other.failed;
        self.failures.extend(other.failures);
        self.failures.truncate(TOLD);
    }

    fn count(&mut self, time: Duration, outcome: Result<(), String>) {
        self.times.push(time);
        if let Err(failure) = outcome {
            self.failed += 1;
            self.failures.push(failure);
            self.failures.truncate(TOLD);
        }
    }
}

/// One call each period; those that wait for a new primary do not hold the next ones up.
async fn calls(
    service: Service,
    number: u16,
    is_over: Arc<AtomicBool>,
) -> Result<Outcomes, BoxError> {
    let mut chance = fastrand::Rng::with_seed(number.into());
    let mut ticks = interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut outcomes, mut running) = (Outcomes::default(), JoinSet::new());
    while !is_over.load(Relaxed) {
        ticks.tick().await;
        while let Some(ended) = running.try_join_next() {
            let (time, outcome) = ended?;
            outcomes.count(time, outcome);
        }
        let slot = Slot::new(chance.u16(..GROUP.slots as u16));
        let service = service.clone();
        running.spawn(async move {
            let begin = time::now();
            let outcome = call(service, slot).await;
            (begin.elapsed(), outcome)
        });
    }
    while let Some(ended) = running.join_next().await {
        let (time, outcome) = ended?;
        outcomes.count(time, outcome);
    }
    Ok(outcomes)
}

async fn call(service: Service, slot: Slot) -> Result<(), String> {
    let mut request = Request::put(format!("/slots/{slot}"))
        .body(Full::new(Bytes::from_static(b"value")))
        .map_err(|error| error.to_string())?;
    request.extensions_mut().insert(SlotKey::slot(slot));
    let answer = service.oneshot(request).await;
    let answer = answer.map_err(|error| live::describe(&error))?;
    let status = answer.status();
    let body = answer.into_body().collect().await;
    body.map_err(|error| live::describe(&error))?;
    match status {
        StatusCode::OK => Ok(()),
        status => Err(format!("{status} for slot {slot}")),
    }
}
