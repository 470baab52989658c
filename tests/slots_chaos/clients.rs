//! Who writes: clients that route by the table, and clients that live in the past.

use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Body;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use tokio::time::{sleep, timeout};
use tower::{Layer, ServiceExt};
use tower_muster::{failover::Budget, policy::PowerOfTwo};
use tower_muster_slots::{
    RouteLayer, Routed, Slot, SlotKey, SlotTable,
    route::{X_MUSTER_EPOCH, X_MUSTER_SLOT},
};
use tower_muster_tests::Result;

use super::{
    SLOTS, TIMEOUT,
    dice::Dice,
    log::{Answer, Journal, Line},
};

type Http = Client<HttpConnector, Full<Bytes>>;

/// How long one attempt may be silent: a primary that stands still for longer has been replaced.
const ATTEMPT: Duration = TIMEOUT;
/// How long a client of the past waits for an answer: longer than any site is stopped.
const STALE_WAIT: Duration = TIMEOUT.saturating_mul(5);
/// What a client rests between two writes: there are machines with two slow cores.
const REST: Duration = Duration::from_millis(5);
/// How many of the last answers are the recent ones.
const RECENT: usize = 64;

fn http() -> Http {
    Client::builder(TokioExecutor::new()).build_http()
}

/// Writes through the whole stack.
#[derive(Clone)]
pub(crate) struct Writer {
    service: Routed<Http, PowerOfTwo>,
    journal: Arc<Journal>,
}

impl Writer {
    pub(crate) fn new(
        table: SlotTable,
        journal: &Arc<Journal>,
        deadline: Duration,
    ) -> Result<Self> {
        let route = RouteLayer::new(table, PowerOfTwo::latency_aware());
        // It is not what the budget allows that is at stake.
        let budget = Budget::new(1.0, 10_000.0)?;
        let route = route.failover(|failover| {
            let failover = failover.deadline(deadline).attempt_timeout(ATTEMPT);
            failover
                .max_attempts(std::num::NonZeroU32::MAX)
                .budget(budget)
        });
        Ok(Self {
            service: route.layer(http()),
            journal: Arc::clone(journal),
        })
    }

    /// Writes once; what the client is told.
    pub(crate) async fn write(&self, slot: u16) -> Result<(), String> {
        let id = self.journal.id();
        let mut request = Request::put(format!("/{id}"));
        request = request.extension(SlotKey::slot(Slot::new(slot)));
        let request = request.body(Full::<Bytes>::from("value")).unwrap();
        let sent = self.journal.now();
        let answer = self.service.clone().oneshot(request).await;
        let response = answer.map_err(|error| {
            self.journal.silent.fetch_add(1, Relaxed);
            format!("slot {slot}: {error}")
        })?;
        let status = response.status();
        match self.journal.told(response, (slot, id, None), sent).await {
            true => Ok(()),
            false => Err(format!("slot {slot}: {status}")),
        }
    }

    /// Writes to slots by chance, for as long as it is let.
    pub(crate) async fn run(self, mut dice: Dice) {
        loop {
            let slot = dice.roll(usize::from(SLOTS)) as u16;
            let _ = self.write(slot).await;
            sleep(REST).await;
        }
    }
}

/// Repeats what was right once: old epochs, at sites that had them, and at others.
pub(crate) async fn stale(table: SlotTable, journal: Arc<Journal>, mut dice: Dice) {
    let http = http();
    loop {
        sleep(REST).await;
        if let Some((slot, epoch, origin)) = choose(&table, &journal, &mut dice) {
            write_stale(&http, &journal, slot, epoch, &origin).await;
        }
    }
}

/// A write of before: its slot, its epoch, and where it goes this time.
fn choose(
    table: &SlotTable,
    journal: &Journal,
    dice: &mut Dice,
) -> Option<(u16, Option<u64>, String)> {
    let (slot, epoch, origin) = {
        let answers = journal.answers();
        let recent = if dice.one_in(2) { RECENT } else { usize::MAX };
        let among = answers.len().min(recent);
        let answer = &answers[answers.len() - among..].get(dice.roll(among))?;
        (answer.line.slot, answer.line.epoch, answer.origin.clone())
    };
    Some(match dice.roll(4) {
        // Whoever believes to be primary takes it: the lease alone is between that and a second primary.
        0 => (slot, None, origin),
        1 => {
            let members = table.members();
            let member = members.get(dice.roll(members.len()))?;
            (slot, Some(epoch), member.node().origin().to_string())
        }
        _ => (slot, Some(epoch), origin),
    })
}

async fn write_stale(http: &Http, journal: &Journal, slot: u16, epoch: Option<u64>, origin: &str) {
    let id = journal.id();
    let mut request = Request::put(format!("{origin}/{id}")).header(X_MUSTER_SLOT, slot);
    if let Some(epoch) = epoch {
        request = request.header(X_MUSTER_EPOCH, epoch);
        let is_old = epoch < journal.highest(slot);
        journal.old.fetch_add(is_old.into(), Relaxed);
    }
    let request = request.body(Full::<Bytes>::from("value")).unwrap();
    let sent = journal.now();
    match timeout(STALE_WAIT, http.request(request)).await {
        Ok(Ok(response)) => {
            journal.told(response, (slot, id, epoch), sent).await;
        }
        _ => {
            journal.silent.fetch_add(1, Relaxed);
        }
    }
}

impl Journal {
    /// Takes note of an answer; whether the write is accepted.
    async fn told<B: Body>(
        &self,
        response: Response<B>,
        (slot, id, asked): (u16, u64, Option<u64>),
        sent: Duration,
    ) -> bool {
        let (head, body) = response.into_parts();
        if head.status != StatusCode::OK {
            let counter = match head.status {
                StatusCode::SERVICE_UNAVAILABLE => &self.lost,
                _ => &self.refused,
            };
            counter.fetch_add(1, Relaxed);
            return false;
        }
        let Ok(Ok(body)) = timeout(STALE_WAIT, body.collect()).await else {
            self.silent.fetch_add(1, Relaxed);
            return false;
        };
        let received = self.now();
        let body = String::from_utf8(body.to_bytes().into()).unwrap();
        let (process, origin) = body.split_once(' ').unwrap();
        let (process, origin) = (process.to_owned(), origin.to_owned());
        let epoch = epoch(&head.headers).unwrap();
        let line = Line {
            process,
            slot,
            epoch,
            id,
        };
        self.put(Answer {
            sent,
            received,
            asked,
            line,
            origin,
        });
        true
    }
}

fn epoch(headers: &HeaderMap) -> Option<u64> {
    headers.get(X_MUSTER_EPOCH)?.to_str().ok()?.parse().ok()
}
