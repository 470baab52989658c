//! A site in a process of its own: a small store behind its fence, which writes each accepted write down.

use std::{
    collections::HashMap,
    convert::Infallible,
    env,
    fs::{File, OpenOptions},
    io::{BufRead, Write},
    process::{Command, Stdio},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::rt::TokioIo;
use tokio::{
    net::TcpListener,
    sync::Notify,
    time::{Instant, sleep},
};
use tower::{Layer, Service, ServiceExt, service_fn};
use tower_muster_slots::{
    Acquire, Fenced, Grant, Handler, Member, Redis, Role, Site, Slot,
    route::{X_MUSTER_EPOCH, X_MUSTER_SLOT},
};
use tower_muster_tests::Result;

use super::{dice::Dice, group};

/// Says to a process that it is a site: `id process redis-url log sound|broken`.
pub(crate) const VARIABLE: &str = "MUSTER_CHAOS_SITE";
/// The test that is a site.
pub(crate) const TEST: &str = "site::site_process";
/// What it is told to do, on its standard input; the end of that is its own end.
pub(crate) const LEAVE: &str = "leave";
/// To stop itself at the next write that it accepts, after the check and before the append.
pub(crate) const FREEZE: &str = "freeze";

/// How long a site that leaves waits for others to hold its slots.
const LEAVE_WITHIN: Duration = Duration::from_secs(5);

/// How long a write may take before it is accepted, and after.
const MOST_WORK: Duration = Duration::from_millis(40);
/// For how long it is ready to stop itself: it is let go on later.
const FREEZE_WITHIN: Duration = Duration::from_millis(500);

/// The application: its slots are empty, so moving one takes nothing but time, and fails now and then.
struct Slots {
    dice: Mutex<Dice>,
    acted: Arc<Acted>,
}

/// The epochs under which a site was primary last: what a broken site goes by.
#[derive(Default)]
struct Acted(Mutex<HashMap<Slot, u64>>);

impl Slots {
    fn roll<T>(&self, roll: impl FnOnce(&mut Dice) -> T) -> T {
        roll(&mut self.dice.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn work(&self, most: u64) {
        let most = Duration::from_millis(most);
        sleep(self.roll(|dice| dice.between(Duration::ZERO, most))).await;
    }
}

impl Handler for Slots {
    type Error = &'static str;

    async fn acquire(&self, _: Acquire) -> Result<(), Self::Error> {
        self.work(30).await;
        match self.roll(|dice| dice.one_in(20)) {
            true => Err("the copy failed"),
            false => Ok(()),
        }
    }

    async fn release(&self, _: Slot) {
        self.work(10).await;
    }

    async fn primary_changed(&self, grant: Grant) {
        self.work(5).await;
        if grant.role == Role::Primary {
            let epoch = grant.epoch.number();
            self.acted.0.lock().unwrap().insert(grant.slot, epoch);
        }
    }
}

/// What the parent has told.
#[derive(Default)]
struct Orders {
    /// Until when to stop at the next write.
    freeze: Mutex<Option<Instant>>,
    leave: Notify,
}

impl Orders {
    /// Listens; a process whose parent is gone ends at once.
    fn listen() -> Arc<Self> {
        let orders = Arc::<Self>::default();
        let heard = Arc::clone(&orders);
        std::thread::spawn(move || {
            for order in std::io::stdin().lock().lines().map_while(Result::ok) {
                match order.as_str() {
                    FREEZE => *heard.until() = Some(Instant::now() + FREEZE_WITHIN),
                    _ => heard.leave.notify_one(),
                }
            }
            std::process::exit(0);
        });
        orders
    }

    fn until(&self) -> MutexGuard<'_, Option<Instant>> {
        self.freeze.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stops this process, if it was told to, until it is let go on.
    fn obey(&self) {
        let until = self.until().take();
        if until.is_some_and(|until| Instant::now() < until) {
            let mut shell = Command::new("sh");
            let shell = shell.args(["-c", "kill -STOP $PPID"]).stdin(Stdio::null());
            assert!(shell.status().unwrap().success());
        }
    }
}

/// Where accepted writes are written down.
struct Ledger {
    orders: Arc<Orders>,
    process: String,
    origin: String,
    log: File,
}

impl Ledger {
    /// One append, so that lines of several processes do not mix.
    fn accept(&self, slot: u16, epoch: u64, id: &str) -> Response<Full<Bytes>> {
        let line = format!("{} {slot} {epoch} {id}\n", self.process);
        self.orders.obey();
        let written = (&self.log).write(line.as_bytes()).unwrap();
        assert_eq!(written, line.len());
        let body = format!("{} {}", self.process, self.origin);
        let mut response = Response::new(Full::from(body));
        response.headers_mut().insert(X_MUSTER_EPOCH, epoch.into());
        response
    }
}

/// One write: the value is read, and then there is one moment at which it is accepted or not.
async fn put(
    request: Request<Incoming>,
    ledger: Arc<Ledger>,
    may: impl FnOnce(&Request<()>) -> Option<u64>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    if body.collect().await.is_err() {
        return Ok(status(StatusCode::BAD_REQUEST));
    }
    let request = Request::from_parts(parts, ());
    let id = request.uri().path().trim_start_matches('/');
    let mut dice = Dice::new(id.bytes().fold(0, |seed, byte| seed << 4 ^ u64::from(byte)));
    work(&mut dice).await;
    // From here to the append nothing is awaited.
    let response = match (may(&request), slot(request.headers())) {
        (Some(epoch), Some(slot)) => ledger.accept(slot, epoch, id),
        _ => not_the_one(request.headers()),
    };
    work(&mut dice).await;
    Ok(response)
}

/// Takes some time, now and then, during which the site may lose its role.
async fn work(dice: &mut Dice) {
    if dice.one_in(4) {
        sleep(dice.between(Duration::ZERO, MOST_WORK)).await;
    }
}

fn slot(headers: &HeaderMap) -> Option<u16> {
    headers.get(X_MUSTER_SLOT)?.to_str().ok()?.parse().ok()
}

/// As the fence answers: nothing was carried out, so it may be asked for elsewhere.
fn not_the_one(headers: &HeaderMap) -> Response<Full<Bytes>> {
    let mut response = status(StatusCode::MISDIRECTED_REQUEST);
    let slot = headers.get(X_MUSTER_SLOT).cloned();
    response
        .headers_mut()
        .extend(slot.map(|slot| (X_MUSTER_SLOT, slot)));
    response
}

fn status(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}

/// Serves whoever connects.
fn serve<S>(listener: TcpListener, service: S)
where
    S: Service<Request<Incoming>, Response = Response<Full<Bytes>>, Error = Infallible>
        + Clone
        + Send
        + 'static,
    S::Future: Send,
{
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let service = service.clone();
            let service =
                hyper::service::service_fn(move |request| service.clone().oneshot(request));
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            tokio::spawn(async { drop(connection.await) });
        }
    });
}

/// Joins, whatever Redis is doing meanwhile.
async fn join(url: &str, member: &Member, acted: &Arc<Acted>, seed: u64) -> Result<Site> {
    loop {
        let slots = Slots {
            dice: Mutex::new(Dice::new(seed)),
            acted: Arc::clone(acted),
        };
        let builder = Site::builder(Redis::at(url)?, group()?, member.clone(), slots);
        match builder.join().await {
            Ok(site) => return Ok(site),
            Err(_) => sleep(Duration::from_millis(100)).await,
        }
    }
}

/// One thread, so that between the check and the append nothing else of the process runs.
#[tokio::test]
#[ignore = "it is a process of the tests beside it"]
async fn site_process() -> Result {
    let Ok(told) = env::var(VARIABLE) else {
        return Ok(());
    };
    let orders = Orders::listen();
    let [id, process, url, log, kind] = told.split(' ').collect::<Vec<_>>()[..] else {
        return Err(told.into());
    };
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let origin = format!("http://{}", listener.local_addr()?);
    let ledger = Arc::new(Ledger {
        orders: Arc::clone(&orders),
        process: process.to_owned(),
        origin: origin.clone(),
        log: OpenOptions::new().append(true).create(true).open(log)?,
    });
    let seed = process
        .bytes()
        .fold(0, |seed, byte| seed * 31 + u64::from(byte));
    let acted = Arc::<Acted>::default();
    // Those who look at the table see by the rack which process of a site it is.
    let member = Member::new(id, &origin)?.in_rack("dc", process)?;
    let site = join(url, &member, &acted, seed).await?;
    if kind == "broken" {
        serve(
            listener,
            service_fn(move |request| {
                let acted = Arc::clone(&acted);
                put(request, Arc::clone(&ledger), move |request| {
                    let slot = Slot::new(slot(request.headers())?);
                    acted.0.lock().unwrap().get(&slot).copied()
                })
            }),
        );
    } else {
        let behind = service_fn(move |request| {
            put(request, Arc::clone(&ledger), |request| {
                let fenced = request.extensions().get::<Fenced>()?;
                fenced.is_current().then(|| fenced.epoch().number())
            })
        });
        serve(listener, site.fence().require().layer(behind));
    }
    orders.leave.notified().await;
    if let Err(error) = site.leave(LEAVE_WITHIN).await {
        eprintln!("{process} has left without a word: {error}");
    }
    std::process::exit(0);
}
