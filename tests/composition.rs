//! The layers nest with those of tower and tower-http, above the stack and below it: under each of them a call
//! that meets a dead node is served by another one, and signed for that.
#![allow(clippy::unwrap_used, reason = "a failed expectation is the report")]

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response, Uri, header::CONTENT_ENCODING};
use http_body::Body;
use http_body_util::{BodyExt, Full, combinators::UnsyncBoxBody};
use tower::{Service, ServiceBuilder, ServiceExt, util::BoxCloneSyncService};
use tower_http::{
    decompression::DecompressionLayer,
    set_header::SetRequestHeaderLayer,
    timeout::ResponseBodyTimeoutLayer,
    trace::{DefaultMakeSpan, HttpMakeClassifier, OnRequest, TraceLayer},
};
use tower_muster::{
    BoxError, Cluster, Node, SelectLayer, ServiceBuilderExt,
    health::State,
    policy::{PowerOfTwo, RoundRobin},
};
use tower_muster_alternator::{Alternator, ClientBuilder, HyperClient, StackService};
use tower_muster_testkit::{TestCluster, TestNode};
use tower_muster_tests::{
    Recorder, Result, ask, config, credentials, get, operation, put, signature_failures, start,
    state,
};
use tracing::Span;

const MANY: usize = 64;
/// What each service is used for.
const CALLS: usize = 60;
const LONG: Duration = Duration::from_secs(30);
/// A header that a signature covers if it is there by then.
const NOTE: HeaderName = HeaderName::from_static("x-amz-note");

type Any =
    BoxCloneSyncService<Request<Full<Bytes>>, Response<UnsyncBoxBody<Bytes, BoxError>>, BoxError>;

/// One type for all of them, as an application keeps it in a field.
fn any<S, B>(service: S) -> Any
where
    S: Service<Request<Full<Bytes>>, Response = Response<B>, Error: Into<BoxError>>,
    S: Clone + Send + Sync + 'static,
    S::Future: Send + 'static,
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    let service = service.map_err(Into::into);
    let service = service
        .map_response(|response| response.map(|body| body.map_err(Into::into).boxed_unsync()));
    BoxCloneSyncService::new(service)
}

fn client() -> HyperClient {
    ClientBuilder::new().build().unwrap()
}

async fn there() -> Result<TestCluster> {
    let cluster = start("dc1:rack1=3").await;
    let table = r#"{"TableName":"things","BillingMode":"PAY_PER_REQUEST",
        "AttributeDefinitions":[{"AttributeName":"k","AttributeType":"S"}],
        "KeySchema":[{"AttributeName":"k","KeyType":"HASH"}]}"#;
    let made = ask(stack(&cluster)?, operation("CreateTable", table)).await?;
    assert_eq!(made.status, 200, "{}", made.text());
    Ok(cluster)
}

fn stack(cluster: &TestCluster) -> Result<StackService> {
    let config = config(cluster).credentials(credentials(), "us-east-1");
    Ok(config.build()?.service())
}

/// Makes [`CALLS`] of the service; a third of the way a node is killed.
async fn serves_past_a_dead_node(cluster: &TestCluster, service: Any) -> Result {
    for n in 0..CALLS / 2 {
        if n == CALLS / 6 {
            cluster.nodes()[1].kill();
        }
        let key = n.to_string();
        let answer = ask(service.clone(), operation("PutItem", put(&key, "v"))).await?;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let answer = ask(service.clone(), operation("GetItem", get(&key))).await?;
        assert!(
            answer.text().contains(r#""v":{"S":"v"}"#),
            "{}",
            answer.text()
        );
    }
    assert_eq!(signature_failures(cluster), 0);
    Ok(())
}

macro_rules! above {
    ($($name:ident: $layer:expr;)*) => {$(
        #[tokio::test]
        async fn $name() -> Result {
            let cluster = there().await?;
            let service = ServiceBuilder::new().layer($layer).service(stack(&cluster)?);
            serves_past_a_dead_node(&cluster, any(service)).await
        }
    )*};
}

above! {
    a_timeout_goes_above: tower::timeout::TimeoutLayer::new(LONG);
    a_concurrency_limit_goes_above: tower::limit::ConcurrencyLimitLayer::new(MANY);
    a_buffer_goes_above: tower::buffer::BufferLayer::<Request<Full<Bytes>>>::new(MANY);
    decompression_goes_above: DecompressionLayer::new();
    a_body_timeout_goes_above: ResponseBodyTimeoutLayer::new(LONG);
}

macro_rules! below {
    ($($name:ident: $layer:expr;)*) => {$(
        #[tokio::test]
        async fn $name() -> Result {
            let cluster = there().await?;
            let client = ServiceBuilder::new().layer($layer).service(client());
            let config = config(&cluster).credentials(credentials(), "us-east-1");
            let stack = config.build_over(client)?;
            serves_past_a_dead_node(&cluster, any(stack.service())).await
        }
    )*};
}

below! {
    a_timeout_goes_below_for_each_attempt: tower::timeout::TimeoutLayer::new(LONG);
    a_concurrency_limit_goes_below_for_all_attempts: tower::limit::ConcurrencyLimitLayer::new(MANY);
    a_buffer_goes_below: tower::buffer::BufferLayer::<Request<Full<Bytes>>>::new(MANY);
    decompression_goes_below: DecompressionLayer::new();
}

/// A stack that sends nothing but the calls, to each node in turn, over a client or what is between.
fn over<C, B>(cluster: &TestCluster, client: C) -> Result<Any>
where
    C: Service<Request<Full<Bytes>>, Response = Response<B>, Error: Into<BoxError> + Send>,
    C: Clone + Send + Sync + 'static,
    C::Future: Send,
    B: Body<Data = Bytes, Error: Into<BoxError> + Send + Sync> + Send + Sync + Unpin + 'static,
{
    let nodes: Result<Vec<_>, _> = cluster.urls().iter().map(|url| Node::new(url)).collect();
    let config = Alternator::at_nodes(nodes?).policy(RoundRobin::new());
    let config = config.no_probing().credentials(credentials(), "us-east-1");
    Ok(any(config.build_over(client)?.service()))
}

fn note(value: &'static str) -> SetRequestHeaderLayer<HeaderValue> {
    SetRequestHeaderLayer::overriding(NOTE, HeaderValue::from_static(value))
}

/// Each attempt has arrived with this note, which was set before it was signed or afterwards.
fn has_arrived(recorder: &Recorder, value: &str, is_signed: bool) {
    let sent = recorder.sent();
    assert!(sent.len() > CALLS, "{} attempts", sent.len());
    for sent in sent {
        assert_eq!(sent.header(NOTE.as_str()), value, "{sent:?}");
        let signature = sent.header("authorization");
        assert_eq!(signature.contains(NOTE.as_str()), is_signed, "{signature}");
    }
}

#[tokio::test]
async fn a_header_is_set_above() -> Result {
    let (cluster, recorder) = (there().await?, Recorder::new());
    let stack = over(&cluster, recorder.clone())?;
    let service = ServiceBuilder::new().layer(note("above")).service(stack);
    serves_past_a_dead_node(&cluster, any(service)).await?;
    has_arrived(&recorder, "above", true);
    Ok(())
}

#[tokio::test]
async fn a_header_is_set_below_the_signature() -> Result {
    let (cluster, recorder) = (there().await?, Recorder::new());
    let client = ServiceBuilder::new().layer(note("below"));
    let stack = over(&cluster, client.service(recorder.clone()))?;
    serves_past_a_dead_node(&cluster, stack).await?;
    has_arrived(&recorder, "below", false);
    Ok(())
}

/// Where the requests go that a trace sees.
#[derive(Debug, Clone, Default)]
struct Traced(Arc<Mutex<Vec<Uri>>>);

impl Traced {
    fn layer(&self) -> TraceLayer<HttpMakeClassifier, DefaultMakeSpan, Self> {
        TraceLayer::new_for_http().on_request(self.clone())
    }

    fn seen(&self) -> Vec<Uri> {
        self.0.lock().unwrap().clone()
    }
}

impl<B> OnRequest<B> for Traced {
    fn on_request(&mut self, request: &Request<B>, _: &Span) {
        self.0.lock().unwrap().push(request.uri().clone());
    }
}

#[tokio::test]
async fn a_trace_goes_above_and_sees_each_call() -> Result {
    let (cluster, traced) = (there().await?, Traced::default());
    let stack = over(&cluster, client())?;
    let service = ServiceBuilder::new().layer(traced.layer()).service(stack);
    serves_past_a_dead_node(&cluster, any(service)).await?;
    assert_eq!(traced.seen(), vec!["/"; CALLS], "addressed to nobody yet");
    Ok(())
}

#[tokio::test]
async fn a_trace_goes_below_and_sees_each_attempt() -> Result {
    let (cluster, traced) = (there().await?, Traced::default());
    let recorder = Recorder::new();
    let client = ServiceBuilder::new().layer(traced.layer());
    let stack = over(&cluster, client.service(recorder.clone()))?;
    serves_past_a_dead_node(&cluster, stack).await?;
    let sent: Vec<_> = recorder.sent().into_iter().map(|sent| sent.uri).collect();
    assert!(sent.len() > CALLS, "{} attempts", sent.len());
    assert_eq!(traced.seen(), sent);
    Ok(())
}

#[tokio::test]
async fn load_is_shed_above_once_the_nodes_are_known() -> Result {
    let cluster = there().await?;
    let config = config(&cluster).credentials(credentials(), "us-east-1");
    let stack = config.build()?;
    // Until then the stack is not ready, and what is not ready sheds.
    stack.cluster().ready().await?;
    let service = ServiceBuilder::new()
        .layer(tower::load_shed::LoadShedLayer::new())
        .service(stack.service());
    serves_past_a_dead_node(&cluster, any(service)).await
}

#[tokio::test]
async fn compressed_answers_are_decoded_by_the_layer_of_tower_http_above() -> Result {
    let cluster = there().await?;
    for node in cluster.nodes() {
        node.set_response_compression(1, 6);
    }
    let service = ServiceBuilder::new()
        .layer(DecompressionLayer::new())
        .service(stack(&cluster)?);
    ask(any(service.clone()), operation("PutItem", put("k", "v"))).await?;
    let answer = ask(any(service), operation("GetItem", get("k"))).await?;
    assert!(answer.text().contains(r#""v":{"S":"v"}"#), "{answer:?}");
    assert!(!answer.headers.contains_key(CONTENT_ENCODING), "{answer:?}");
    let mut plain = operation("GetItem", get("k"));
    plain.headers_mut().insert(
        http::header::ACCEPT_ENCODING,
        HeaderValue::from_static("gzip"),
    );
    let answer = ask(stack(&cluster)?, plain).await?;
    assert_eq!(
        answer.headers[CONTENT_ENCODING], "gzip",
        "it did come compressed"
    );
    Ok(())
}

#[tokio::test]
async fn what_is_between_the_layers_sees_each_attempt_and_what_is_above_each_call() -> Result {
    let cluster = there().await?;
    let nodes: Result<Vec<_>, _> = cluster.urls().iter().map(|url| Node::new(url)).collect();
    let known = Cluster::fixed(nodes?)?;
    let (calls, attempts) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let count = |counter: &Arc<AtomicU64>| {
        let counter = Arc::clone(counter);
        move |request: Request<Full<Bytes>>| {
            counter.fetch_add(1, Relaxed);
            request
        }
    };
    let sign = tower_muster_sigv4::SigV4Layer::new(credentials(), "us-east-1", "dynamodb")?;
    let service = ServiceBuilder::new()
        .map_request(count(&calls))
        .failover(known.clone())
        .map_request(count(&attempts))
        .select(known.clone(), PowerOfTwo::least_in_flight())
        .layer(sign)
        .service(client());
    let dead = &cluster.nodes()[..2];
    dead.iter().for_each(TestNode::kill);
    let mut asked = 0;
    // Chance decides how many calls it takes until both have been met.
    while dead
        .iter()
        .any(|node| state(&known, node) != Some(State::Down))
    {
        let answer = ask(service.clone(), operation("GetItem", get("k"))).await?;
        assert_eq!(answer.status, 200, "{}", answer.text());
        asked += 1;
        assert!(asked < 1_000, "one of them is never met");
    }
    assert_eq!(calls.load(Relaxed), asked);
    // Each dead node refuses one request at least, and is then out.
    let more = attempts.load(Relaxed) - asked;
    assert!((2..=4).contains(&more), "{attempts:?} of {asked} calls");
    Ok(())
}

#[tokio::test]
async fn rules_of_alternator_go_on_layers_that_are_put_together_by_hand() -> Result {
    let cluster = there().await?;
    let nodes: Result<Vec<_>, _> = cluster.urls().iter().map(|url| Node::new(url)).collect();
    let known = Cluster::fixed(nodes?)?;
    let select = SelectLayer::new(known.clone(), PowerOfTwo::latency_aware()).classify(Alternator);
    let sign = tower_muster_sigv4::SigV4Layer::new(credentials(), "us-east-1", "dynamodb")?;
    let service = ServiceBuilder::new()
        .layer(tower_muster::FailoverLayer::new(known).repeat(Alternator))
        .layer(TraceLayer::new_for_http())
        .layer(select)
        .layer(tower::limit::ConcurrencyLimitLayer::new(MANY))
        .layer(sign)
        .layer(tower::timeout::TimeoutLayer::new(LONG))
        .service(client());
    serves_past_a_dead_node(&cluster, any(service)).await
}
