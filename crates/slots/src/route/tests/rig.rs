//! Three sites behind their fences, in memory, and a client that routes to them.

use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use tower::{Layer, Service, ServiceExt, service_fn, util::BoxCloneSyncService};
use tower_muster::{
    FailoverLayer, failover::Error, policy::PowerOfTwo, policy::RackAffinity, select::LeaseBody,
};

use super::{TIMEOUT, site};
use crate::{Group, ManualGroup, RouteLayer, SlotTable};

type Body = Full<Bytes>;
pub(super) type Answer = Result<Response<LeaseBody<Body>>, Error>;

/// How a site answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    Well,
    /// It takes 10 ms.
    Slow,
    /// Its connections are refused.
    Dead,
    /// What it is sent it reads, and then the connection ends.
    Breaks,
    /// The connection ends after 100 ms.
    Fades,
    /// It answers nothing.
    Silent,
    Busy,
}

/// Two groups of the same sites: what the sites know, and what the client knows.
pub(super) struct Rig {
    pub(super) sites: ManualGroup,
    pub(super) client: ManualGroup,
    state: Arc<Mutex<State>>,
    pub(super) service: BoxCloneSyncService<Request<Body>, Response<LeaseBody<Body>>, Error>,
}

#[derive(Default)]
struct State {
    moods: BTreeMap<String, Mood>,
    /// Which sites were sent something.
    sent: Vec<String>,
    /// Which sites have carried something out.
    served: Vec<String>,
}

impl Rig {
    /// All sites are members, and hold nothing.
    pub(super) fn new() -> Self {
        Self::of(&[1, 2, 3])
    }

    pub(super) fn of(members: &[u8]) -> Self {
        Self::build(members, |failover| failover)
    }

    pub(super) fn with(set: impl FnOnce(FailoverLayer) -> FailoverLayer) -> Self {
        Self::build(&[1, 2, 3], set)
    }

    fn build(members: &[u8], set: impl FnOnce(FailoverLayer) -> FailoverLayer) -> Self {
        let group = Group::builder("g")
            .slots(16)
            .timeout(TIMEOUT)
            .build()
            .expect("a group");
        let (sites, client) = (ManualGroup::new(&group), ManualGroup::new(&group));
        for number in members {
            sites.join(&site(*number));
            client.join(&site(*number));
        }
        let state = Arc::new(Mutex::new(State::default()));
        let near = RackAffinity::new("dc", "rack2", PowerOfTwo::latency_aware());
        let route = RouteLayer::new(client.table(), near.expect("a rack"));
        let route = route.failover(|failover| set(failover.deadline(2 * TIMEOUT)));
        let service = route.layer(transport(&sites, &state));
        Self {
            sites,
            client,
            state,
            service: BoxCloneSyncService::new(service),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic")
    }

    pub(super) fn table(&self) -> SlotTable {
        self.client.table()
    }

    pub(super) fn is(&self, number: u8, mood: Mood) {
        self.state().moods.insert(format!("10.0.0.{number}"), mood);
    }

    /// Which sites were sent something since this was last asked.
    pub(super) fn sent(&self) -> Vec<u8> {
        numbers(std::mem::take(&mut self.state().sent))
    }

    /// Which sites have carried something out since this was last asked.
    pub(super) fn served(&self) -> Vec<u8> {
        numbers(std::mem::take(&mut self.state().served))
    }

    pub(super) async fn call(&self, request: Request<Body>) -> Answer {
        self.service.clone().oneshot(request).await
    }

    /// A call that goes on by itself.
    pub(super) fn begin(&self, request: Request<Body>) -> tokio::task::JoinHandle<Answer> {
        tokio::spawn(self.service.clone().oneshot(request))
    }
}

fn numbers(hosts: Vec<String>) -> Vec<u8> {
    let number = |host: String| host.rsplit('.').next().and_then(|last| last.parse().ok());
    hosts.into_iter().filter_map(number).collect()
}

pub(super) fn status(answer: &Answer) -> StatusCode {
    answer.as_ref().expect("an answer").status()
}

/// What is between the client and the sites.
fn transport(
    sites: &ManualGroup,
    state: &Arc<Mutex<State>>,
) -> impl Service<Request<Body>, Response = Response<Body>, Error = io::Error, Future: Send + 'static>
+ Clone
+ Send
+ Sync
+ 'static {
    let (sites, state) = (sites.clone(), Arc::clone(state));
    service_fn(move |request: Request<Body>| {
        let host = request.uri().host().unwrap_or_default().to_owned();
        let mood = {
            let mut state = state.lock().expect("no panic");
            state.sent.push(host.clone());
            state.moods.get(&host).copied().unwrap_or(Mood::Well)
        };
        let number = host.rsplit('.').next().and_then(|last| last.parse().ok());
        let fence = sites.fence(site(number.unwrap_or(0)).id());
        let state = Arc::clone(&state);
        async move {
            match mood {
                Mood::Dead => return Err(io::ErrorKind::ConnectionRefused.into()),
                Mood::Fades => {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    return Err(io::ErrorKind::ConnectionReset.into());
                }
                Mood::Silent => std::future::pending().await,
                Mood::Slow => tokio::time::sleep(Duration::from_millis(10)).await,
                Mood::Well | Mood::Breaks | Mood::Busy => {}
            }
            let application = service_fn(async |_| {
                state.lock().expect("no panic").served.push(host.clone());
                let mut response = Response::new(Body::default());
                if mood == Mood::Busy {
                    *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
                }
                Ok::<_, io::Error>(response)
            });
            let response = fence.layer(application).oneshot(request).await?;
            match mood {
                Mood::Breaks => Err(io::ErrorKind::ConnectionReset.into()),
                _ => Ok(response),
            }
        }
    })
}

/// Lets other tasks run until they wait for time or for nothing.
pub(super) async fn settle() {
    tokio::time::sleep(Duration::from_millis(2)).await;
}
