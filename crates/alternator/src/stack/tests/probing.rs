//! Who finds out whether a node is back, and who keeps connections open.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::Full;
use tokio::time::sleep;
use tower::ServiceExt;
use tower_muster::{discover::Pace, health::State, probe::Probing};

use crate::{
    Alternator, Config, Stack,
    tests::fakes::{Client, Reply, Seen},
    vendor_thresholds,
};

const NODES: [&str; 2] = ["10.0.0.1", "10.0.0.2"];
const LOST: &str = "10.0.0.2";
const SECOND: Duration = Duration::from_secs(1);

/// Two nodes, one of which can be lost.
#[derive(Clone)]
struct Scene {
    client: Client,
    is_lost: Arc<AtomicBool>,
}

impl Scene {
    /// A lost node refuses everything.
    fn new() -> Self {
        Self::with(Reply::REFUSED)
    }

    /// A lost node refuses requests, and replies thus to whoever asks it for its list.
    fn with(reply: Reply) -> Self {
        let is_lost = Arc::new(AtomicBool::new(false));
        let lost = Arc::clone(&is_lost);
        let client = Client::new(move |seen| match seen.host() {
            LOST if lost.load(Relaxed) && seen.head.method == Method::GET => reply.clone(),
            LOST if lost.load(Relaxed) => Reply::REFUSED,
            _ if seen.head.method == Method::GET => Reply::list(&NODES),
            _ => Reply::Status(200),
        });
        Self { client, is_lost }
    }

    /// A stack that has the list of nodes, and asks for another only when one is lost.
    async fn stack(&self, set: impl FnOnce(Config) -> Config) -> Stack<Client> {
        let never = Duration::from_secs(100_000);
        let pace = Pace::new(never, never).expect("a pace");
        let config = Alternator::at("http://10.0.0.1:8000").datacenter("dc1");
        let config = set(config.pace(pace));
        let stack = config.build_over(self.client.clone()).expect("a stack");
        stack.cluster().ready().await.expect("nodes");
        stack
    }

    /// Loses the node, and sends requests until it has refused one.
    async fn lose(&self, stack: &Stack<Client>) {
        self.is_lost.store(true, Relaxed);
        let refused = |seen: &Seen| seen.host() == LOST;
        while !self.client.operations().iter().any(refused) {
            let request = Request::post("/").body(Full::<Bytes>::default());
            let answer = stack.service().oneshot(request.expect("a request")).await;
            answer.expect("the other node serves");
        }
    }

    /// The paths that the lost node was probed with: discovery asks for the datacenter.
    fn asked(&self) -> Vec<String> {
        let asked = self.client.asked().into_iter();
        let lost = asked.filter(|seen| seen.host() == LOST && seen.query().is_none());
        lost.map(|seen| seen.head.uri.to_string()).collect()
    }
}

fn state(stack: &Stack<Client>) -> State {
    let nodes = stack.cluster().nodes();
    let lost = nodes
        .iter()
        .find(|status| status.node().origin().authority().host() == LOST);
    lost.expect("it is listed").state()
}

#[tokio::test(start_paused = true)]
async fn a_node_that_is_down_is_asked_for_its_list_until_it_is_back_and_no_request_is_risked() {
    let scene = Scene::new();
    let stack = scene.stack(|config| config).await;
    scene.lose(&stack).await;
    assert_eq!(state(&stack), State::Down);
    let operations = scene.client.operations().len();
    sleep(SECOND * 2).await;
    let in_vain = scene.asked().len();
    assert!(in_vain >= 2, "{in_vain} probes");
    scene.is_lost.store(false, Relaxed);
    sleep(SECOND * 10).await;
    assert_eq!(state(&stack), State::Quarantined);
    assert_eq!(scene.asked().len(), in_vain + 1);
    assert_eq!(scene.asked()[0], "http://10.0.0.2:8000/localnodes");
    assert_eq!(scene.client.operations().len(), operations);
}

#[tokio::test(start_paused = true)]
async fn a_probe_may_take_as_long_as_an_attempt() {
    for (attempt, probes) in [(SECOND / 10, 4..=5), (SECOND * 6, 2..=2)] {
        let scene = Scene::with(Reply::Silence);
        let stack = scene.stack(|config| config.attempt_timeout(attempt)).await;
        scene.lose(&stack).await;
        sleep(SECOND * 10).await;
        // Waits of a quarter of a second, a half, one, two, four, each after a timeout.
        let asked = scene.asked().len();
        assert!(probes.contains(&asked), "{asked} probes of {attempt:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn without_probes_nobody_asks_but_the_requests() {
    let scene = Scene::new();
    let stack = scene.stack(Config::no_probing).await;
    scene.lose(&stack).await;
    scene.is_lost.store(false, Relaxed);
    sleep(SECOND * 60).await;
    assert!(scene.asked().is_empty());
    assert_eq!(state(&stack), State::Down, "no request has tried");
}

#[tokio::test(start_paused = true)]
async fn a_probe_of_ones_own_takes_the_place_of_the_list() {
    let scene = Scene::new();
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let probe = move |_| {
        counted.fetch_add(1, Relaxed);
        async { true }
    };
    let stack = scene.stack(|config| config.probing(Probing::new(probe)));
    let stack = stack.await;
    scene.lose(&stack).await;
    sleep(SECOND).await;
    assert_eq!(asked.load(Relaxed), 1);
    assert!(scene.asked().is_empty());
    assert_eq!(state(&stack), State::Quarantined);
}

#[tokio::test(start_paused = true)]
async fn thresholds_are_those_that_were_asked_for() {
    let scene = Scene::new();
    let patient = |config: Config| config.no_probing().thresholds(vendor_thresholds());
    let stack = scene.stack(patient).await;
    scene.lose(&stack).await;
    assert_eq!(state(&stack), State::Active, "one refusal of ten");
}

#[tokio::test(start_paused = true)]
async fn connections_are_used_before_the_first_request_and_again_while_there_is_none() {
    let scene = Scene::new();
    let stack = scene.stack(|config| config.keep_warm(3, SECOND * 30)).await;
    sleep(SECOND).await;
    assert_eq!(scene.asked().len(), 3);
    sleep(SECOND * 30).await;
    assert_eq!(scene.asked().len(), 6);
    assert!(scene.client.operations().is_empty());
    drop(stack);
}

#[tokio::test(start_paused = true)]
async fn connections_are_not_kept_warm_unless_that_was_asked_for() {
    let scene = Scene::new();
    let stack = scene.stack(|config| config).await;
    sleep(SECOND * 600).await;
    assert_eq!(scene.client.asked().len(), 1, "the list, once");
    drop(stack);
}
