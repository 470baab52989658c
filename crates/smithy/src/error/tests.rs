//! Each error is made by a real `Failover` over a real `Select`, and judged by the SDK's own classifier.

use std::{error::Error, fmt, io, num::NonZeroU32, pin::Pin, time::Duration};

use aws_smithy_runtime::client::retries::classifiers::TransientErrorClassifier;
use aws_smithy_runtime_api::client::{
    interceptors::context::{Input, InterceptorContext},
    orchestrator::OrchestratorError,
    result::ConnectorError,
    retries::classifiers::{ClassifyRetry, RetryAction},
};
use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Empty, Full, Limited, combinators::BoxBody};
use tower::{Service, ServiceBuilder, ServiceExt, service_fn};
use tower_muster::{
    BoxError, Cluster, FailoverLayer, Lease, Node, Outcome, SelectLayer,
    discover::Polled,
    failover::Budget,
    policy::{RoundRobin, Route},
    select::{Classify, Transport},
};

use super::connector_error;

type Body = BoxBody<Bytes, BoxError>;
type Answering = Pin<Box<dyn Future<Output = Result<Response<String>, BoxError>> + Send>>;

/// How an error looks to the SDK.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Shown {
    User,
    Other,
    Timeout,
    Io,
}

fn shown(error: &ConnectorError) -> Shown {
    match (
        error.is_user(),
        error.is_other(),
        error.is_timeout(),
        error.is_io(),
    ) {
        (true, false, false, false) => Shown::User,
        (false, true, false, false) => Shown::Other,
        (false, false, true, false) => Shown::Timeout,
        (false, false, false, true) => Shown::Io,
        _ => panic!("more than one kind: {error:?}"),
    }
}

/// Whether the SDK's standard retries would send the request again.
fn is_repeated(error: ConnectorError) -> bool {
    let mut context = InterceptorContext::new(Input::erase("a request"));
    context.set_output_or_error(Err(OrchestratorError::connector(error)));
    let action = TransientErrorClassifier::<ConnectorError>::new().classify_retry(&context);
    action != RetryAction::NoActionIndicated
}

/// What the client below does with a request.
#[derive(Clone, Copy)]
enum Client {
    Refuses,
    Resets,
    IsSilent,
    /// Its error is one that the classifier below calls final.
    CannotSign,
}

#[derive(Debug, Clone, Copy)]
struct Final;

impl Classify for Final {
    fn response<B>(&self, response: &Response<B>) -> Outcome {
        Transport::default().response(response)
    }

    fn error(&self, error: &(dyn Error + 'static)) -> Outcome {
        if error.to_string() == "no credentials" {
            return Outcome::FAILED;
        }
        Transport::default().error(error)
    }
}

impl Client {
    async fn answer(self) -> Result<Response<String>, BoxError> {
        match self {
            Self::Refuses => Err(io::Error::from(io::ErrorKind::ConnectionRefused).into()),
            Self::Resets => Err(io::Error::from(io::ErrorKind::ConnectionReset).into()),
            Self::IsSilent => std::future::pending().await,
            Self::CannotSign => Err("no credentials".into()),
        }
    }
}

fn nodes(count: u8) -> Cluster {
    let nodes = (1..=count).map(|host| Node::new(&format!("http://10.0.0.{host}:8000")));
    Cluster::fixed(nodes.collect::<Result<Vec<_>, _>>().expect("origins")).expect("nodes")
}

fn whole(text: &'static str) -> Body {
    Full::from(text).map_err(|never| match never {}).boxed()
}

/// A stack's error for one request.
async fn failed(
    cluster: Cluster,
    change: impl FnOnce(FailoverLayer) -> FailoverLayer,
    client: Client,
    method: Method,
    body: Body,
) -> BoxError {
    let service = ServiceBuilder::new()
        .layer(change(FailoverLayer::new(cluster.clone())))
        .layer(SelectLayer::new(cluster, RoundRobin::new()).classify(Final))
        .service(service_fn(move |_| client.answer()));
    let request = Request::builder().method(method).uri("/").body(body);
    let result = service.oneshot(request.expect("a request")).await;
    result.expect_err("it fails").into()
}

/// The error for a small request to two nodes.
async fn of(
    client: Client,
    method: Method,
    change: impl FnOnce(FailoverLayer) -> FailoverLayer,
) -> BoxError {
    failed(nodes(2), change, client, method, whole("x")).await
}

fn as_it_is(layer: FailoverLayer) -> FailoverLayer {
    layer
}

fn soon(layer: FailoverLayer) -> FailoverLayer {
    layer.deadline(Duration::from_secs(1))
}

fn without_budget(layer: FailoverLayer) -> FailoverLayer {
    layer.budget(Budget::new(0.0, 0.0).expect("a budget"))
}

fn at_once(layer: FailoverLayer) -> FailoverLayer {
    layer.max_attempts(NonZeroU32::MIN)
}

#[track_caller]
fn check(error: BoxError, expected: Shown, repeated: bool) {
    let text = error.to_string();
    let error = connector_error(error);
    assert_eq!(shown(&error), expected, "{text}");
    assert!(error.as_other().is_none(), "{text}");
    assert!(error.source().is_some(), "{text}");
    assert_eq!(is_repeated(error), repeated, "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_at_fault_is_the_users_and_not_repeated() {
    let resets = Client::Resets;
    let small = |layer: FailoverLayer| layer.replay_cap(2);
    let error = failed(nodes(2), small, resets, Method::GET, whole("xyz")).await;
    check(error, Shown::User, false);

    let broken = Limited::new(Full::from("xyz"), 1).boxed();
    let error = failed(nodes(2), as_it_is, resets, Method::GET, broken).await;
    check(error, Shown::User, false);

    let trailers = Empty::new().map_err(|never| match never {});
    let trailers = trailers.with_trailers(async { Some(Ok(http::HeaderMap::new())) });
    let error = failed(nodes(2), as_it_is, resets, Method::GET, trailers.boxed()).await;
    check(error, Shown::User, false);
}

#[tokio::test]
async fn a_request_that_cannot_be_signed_is_the_users_and_not_repeated() {
    check(
        of(Client::CannotSign, Method::GET, as_it_is).await,
        Shown::User,
        false,
    );
}

#[tokio::test(start_paused = true)]
async fn what_may_have_been_carried_out_is_repeated_only_if_it_is_repeatable() {
    let (post, get) = (Method::POST, Method::GET);
    // It is not repeatable, or nobody is left to repeat it, or time is up.
    check(
        of(Client::Resets, post.clone(), as_it_is).await,
        Shown::Other,
        false,
    );
    check(
        of(Client::Resets, post.clone(), at_once).await,
        Shown::Other,
        false,
    );
    check(
        of(Client::IsSilent, post.clone(), soon).await,
        Shown::Other,
        false,
    );
    let alone = failed(nodes(1), as_it_is, Client::Resets, post, whole("x")).await;
    check(alone, Shown::Other, false);

    check(
        of(Client::Resets, get.clone(), as_it_is).await,
        Shown::Io,
        true,
    );
    check(
        of(Client::Resets, get.clone(), at_once).await,
        Shown::Io,
        true,
    );
    check(of(Client::IsSilent, get, soon).await, Shown::Timeout, true);
}

#[tokio::test]
async fn what_was_never_sent_is_repeated_whatever_it_is() {
    check(
        of(Client::Refuses, Method::POST, as_it_is).await,
        Shown::Io,
        true,
    );
    check(
        of(Client::Refuses, Method::POST, at_once).await,
        Shown::Io,
        true,
    );
}

#[tokio::test]
async fn when_the_budget_is_spent_the_sdk_does_not_add_to_the_load() {
    check(
        of(Client::Refuses, Method::GET, without_budget).await,
        Shown::Other,
        false,
    );
    check(
        of(Client::Resets, Method::POST, without_budget).await,
        Shown::Other,
        false,
    );
}

#[tokio::test]
async fn a_cluster_that_is_not_known_yet_may_be_known_the_next_time() {
    let unknown = Cluster::discover(Polled::new(async || Err("nobody answers")));
    let error = failed(unknown, as_it_is, Client::Resets, Method::POST, whole("x")).await;
    check(error, Shown::Io, true);
}

/// A cluster whose one node has one request in flight, which is as many as it may.
fn full() -> (Cluster, Lease) {
    let node = Node::new("http://10.0.0.1:8000").expect("an origin");
    let cluster = Cluster::builder().max_in_flight_per_node(NonZeroU32::MIN);
    let cluster = cluster.fixed([node]).expect("a node");
    let lease = cluster.pick(&RoundRobin::new(), &Route::of(&Request::new(())));
    (cluster, lease.expect("a node"))
}

#[tokio::test]
async fn a_node_that_has_all_it_may_have_in_flight_may_have_less_the_next_time() {
    let (cluster, _lease) = full();
    let refuses = Client::Refuses;
    let error = failed(cluster.clone(), as_it_is, refuses, Method::POST, whole("x")).await;
    assert!(error.to_string().contains("in flight"), "{error}");
    check(error, Shown::Io, true);
    check(of_one_attempt_at(cluster, refuses).await, Shown::Io, true);
}

/// A client that takes `takes` requests and no more.
#[derive(Clone)]
struct Closes {
    takes: usize,
}

impl<B> Service<Request<B>> for Closes {
    type Response = Response<String>;
    type Error = BoxError;
    type Future = Answering;

    fn poll_ready(
        &mut self,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), BoxError>> {
        let left = self
            .takes
            .checked_sub(1)
            .ok_or_else(|| BoxError::from("closed"));
        std::task::Poll::Ready(left.map(|left| self.takes = left))
    }

    fn call(&mut self, _: Request<B>) -> Answering {
        Box::pin(Client::Refuses.answer())
    }
}

#[tokio::test]
async fn a_client_that_takes_no_requests_may_take_some_the_next_time() {
    for takes in [0, 1] {
        let cluster = nodes(2);
        let service = ServiceBuilder::new()
            .layer(FailoverLayer::new(cluster.clone()))
            .layer(SelectLayer::new(cluster, RoundRobin::new()))
            .service(Closes { takes });
        let error = service.oneshot(Request::post("/").body(whole("x")).expect("a request"));
        check(error.await.expect_err("closed").into(), Shown::Io, true);
    }
}

#[derive(Debug)]
struct Wrapped(BoxError);

impl fmt::Display for Wrapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a layer above")
    }
}

impl Error for Wrapped {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.0)
    }
}

#[tokio::test]
async fn a_layer_above_may_wrap_the_error() {
    let error = of(Client::Refuses, Method::POST, as_it_is).await;
    check(Box::new(Wrapped(error)), Shown::Io, true);
    let error = of(Client::Resets, Method::POST, as_it_is).await;
    check(Box::new(Wrapped(error)), Shown::Other, false);
}

#[test]
fn an_error_that_is_not_known_is_not_repeated() {
    let error = connector_error("what happened?".into());
    assert_eq!(shown(&error), Shown::Other);
    assert!(!is_repeated(error));
}

/// An error of a stack that makes no further attempt.
async fn of_one_attempt(client: Client) -> BoxError {
    of_one_attempt_at(nodes(1), client).await
}

async fn of_one_attempt_at(cluster: Cluster, client: Client) -> BoxError {
    let service = ServiceBuilder::new()
        .layer(SelectLayer::new(cluster, RoundRobin::new()).classify(Final))
        .service(service_fn(move |_| client.answer()));
    let request = Request::post("/").body(whole("x")).expect("a request");
    service.oneshot(request).await.expect_err("it fails").into()
}

#[tokio::test]
async fn a_stack_without_failover_leaves_to_the_sdk_what_was_never_sent() {
    check(of_one_attempt(Client::Refuses).await, Shown::Io, true);
    check(of_one_attempt(Client::Resets).await, Shown::Other, false);
    check(of_one_attempt(Client::CannotSign).await, Shown::User, false);
}

#[test]
fn so_does_a_client_without_a_stack() {
    let refused: BoxError = io::Error::from(io::ErrorKind::ConnectionRefused).into();
    check(refused, Shown::Io, true);
    let reset: BoxError = io::Error::from(io::ErrorKind::ConnectionReset).into();
    check(reset, Shown::Other, false);
}

#[test]
fn an_error_in_the_sdks_own_language_is_what_it_says() {
    let error = connector_error(Box::new(ConnectorError::timeout("late".into())));
    assert_eq!(shown(&error), Shown::Timeout);
    assert_eq!(error.source().expect("a cause").to_string(), "late");
}
