//! The whole stack over real sockets: three small servers behind their fences.

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::server::conn::http1;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioIo, TokioTimer},
};
use tokio::{net::TcpListener, task::JoinHandle, time::timeout};
use tower::{Layer, ServiceExt, service_fn};
use tower_muster::{
    failover::{Error, Reason},
    policy::PowerOfTwo,
};

use super::request;
use crate::{
    Epoch, FenceLayer, Fenced, Group, ManualGroup, Member, RouteLayer, Slot, SlotKey, SlotTable,
    route::Routed,
};

const SLOT: Slot = Slot::new(3);
/// Longer than any machine needs.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server of one site; what it is asked it answers with its name.
struct Site {
    member: Member,
    address: SocketAddr,
    served: Arc<Mutex<u32>>,
    task: JoinHandle<()>,
}

impl Site {
    async fn bind(name: &str) -> (Member, TcpListener) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let member = Member::new(name, &format!("http://{address}")).expect("a site");
        (member, listener)
    }

    fn start(member: Member, listener: TcpListener, fence: &FenceLayer) -> Self {
        let served = Arc::new(Mutex::new(0));
        let (name, count) = (member.id().to_string(), Arc::clone(&served));
        let application = service_fn(move |request: Request<hyper::body::Incoming>| {
            let (name, count) = (name.clone(), Arc::clone(&count));
            async move {
                let fenced = request
                    .extensions()
                    .get::<Fenced>()
                    .expect("a fence")
                    .clone();
                request.into_body().collect().await.expect("a body");
                assert!(fenced.is_current());
                *count.lock().expect("no panic") += 1;
                Ok::<_, Infallible>(Response::new(Full::new(Bytes::from(name))))
            }
        });
        Self {
            address: listener.local_addr().expect("an address"),
            member,
            served,
            task: tokio::spawn(serve(listener, fence.layer(application))),
        }
    }

    fn served(&self) -> u32 {
        *self.served.lock().expect("no panic")
    }

    /// Closes its socket and every connection, and waits until that is so.
    async fn kill(&mut self) {
        self.task.abort();
        let _ = (&mut self.task).await;
        while tokio::net::TcpStream::connect(self.address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    }
}

async fn serve<S>(listener: TcpListener, service: S)
where
    S: tower::Service<
            Request<hyper::body::Incoming>,
            Response = Response<Full<Bytes>>,
            Error = Infallible,
            Future: Send + 'static,
        > + Clone
        + Send
        + 'static,
{
    // Dropped with this, and its connections with it.
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let service = service.clone();
        let service = hyper::service::service_fn(move |request| service.clone().oneshot(request));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .serve_connection(TokioIo::new(stream), service);
        connections.spawn(connection);
    }
}

type Http = Client<HttpConnector, Full<Bytes>>;

/// What the sites know and what the client knows are two groups, so that the client may be behind.
struct Scene {
    sites: Vec<Site>,
    truth: ManualGroup,
    client: ManualGroup,
    service: Routed<Http, PowerOfTwo>,
}

async fn scene(deadline: Duration) -> Scene {
    let timeout = Duration::from_millis(400);
    let group = Group::builder("g")
        .slots(8)
        .timeout(timeout)
        .build()
        .expect("a group");
    let (truth, client) = (ManualGroup::new(&group), ManualGroup::new(&group));
    let mut sites = Vec::new();
    for name in ["one", "two", "three"] {
        let (member, listener) = Site::bind(name).await;
        truth.join(&member);
        client.join(&member);
        let fence = truth.fence(member.id());
        sites.push(Site::start(member, listener, &fence));
    }
    let http = Client::builder(TokioExecutor::new()).build_http();
    let route = RouteLayer::new(client.table(), PowerOfTwo::latency_aware());
    let service = route
        .failover(|failover| failover.deadline(deadline))
        .layer(http);
    let scene = Scene {
        sites,
        truth,
        client,
        service,
    };
    for slot in (0..8).map(Slot::new) {
        scene.hold(&scene.truth, slot, &[0, 1]);
        scene.hold(&scene.client, slot, &[0, 1]);
    }
    scene
}

impl Scene {
    fn hold(&self, group: &ManualGroup, slot: Slot, sites: &[usize]) -> Epoch {
        group.hold(slot, sites.iter().map(|site| self.sites[*site].member.id()))
    }

    fn table(&self) -> SlotTable {
        self.client.table()
    }

    /// A write that must not be carried out twice; by whom it was.
    async fn write(&self) -> Result<(StatusCode, String), Error> {
        let mut request = request(Method::POST, SlotKey::slot(SLOT));
        *request.body_mut() = Full::new(Bytes::from_static(b"add one"));
        let call = timeout(PATIENCE, self.service.clone().oneshot(request));
        let response = call.await.expect("a call ends")?;
        let status = response.status();
        let body = response
            .into_body()
            .collect()
            .await
            .expect("a body")
            .to_bytes();
        Ok((status, String::from_utf8(body.to_vec()).expect("a name")))
    }
}

#[tokio::test]
async fn an_old_primary_refuses_and_one_slot_is_updated_and_the_call_succeeds() {
    let scene = scene(PATIENCE).await;
    assert_eq!(
        scene.write().await.expect("an answer"),
        (StatusCode::OK, "one".into())
    );
    scene.hold(&scene.truth, SLOT, &[1, 0]);
    let (version, before) = (scene.table().version(), scene.table().epoch(SLOT));
    assert_eq!(
        scene.write().await.expect("an answer"),
        (StatusCode::OK, "two".into())
    );
    assert_eq!(
        scene.table().version(),
        version,
        "no notice and no snapshot"
    );
    assert!(scene.table().epoch(SLOT) > before);
    let others = (0..8).map(Slot::new).filter(|slot| *slot != SLOT);
    for slot in others {
        let primary = scene
            .table()
            .primary(slot)
            .map(|primary| primary.member().id().to_string());
        assert_eq!(primary.as_deref(), Some("one"), "slot {slot} is as it was");
    }
    assert_eq!((scene.sites[0].served(), scene.sites[1].served()), (1, 1));
}

#[tokio::test]
async fn when_the_primary_is_killed_a_call_waits_for_the_new_one() {
    let mut scene = scene(PATIENCE).await;
    scene.write().await.expect("an answer");
    scene.sites[0].kill().await;
    let (scene, one) = {
        let one = scene.sites[0].member.id().clone();
        (Arc::new(scene), one)
    };
    let calls: Vec<_> = (0..10)
        .map(|_| {
            let scene = Arc::clone(&scene);
            tokio::spawn(async move { scene.write().await })
        })
        .collect();
    // Each of them has found out, or waits for one that has.
    while scene
        .table()
        .primary(SLOT)
        .is_some_and(|primary| primary.site().doubt.is_none())
    {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert!(calls.iter().all(|call| !call.is_finished()));
    scene.truth.leave(&one);
    scene.client.leave(&one);
    for call in calls {
        let answer = call.await.expect("no panic").expect("an answer");
        assert_eq!(answer, (StatusCode::OK, "two".into()));
    }
    assert_eq!(scene.sites[1].served(), 10, "each was carried out once");
}

#[tokio::test]
async fn a_deadline_that_passes_is_a_typed_error() {
    let deadline = Duration::from_millis(300);
    let mut scene = scene(deadline).await;
    scene.write().await.expect("an answer");
    scene.sites[0].kill().await;
    let error = scene.write().await.expect_err("nobody takes its place");
    let Error::Exhausted { reason, .. } = &error else {
        panic!("{error}");
    };
    assert!(
        matches!(reason, Reason::Deadline { after, .. } if *after == deadline),
        "{error}"
    );
    assert!(
        error.is_safe_to_repeat(),
        "every attempt was refused: {error}"
    );
}
