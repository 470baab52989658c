use std::{
    error::Error,
    future::pending,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll},
    time::Duration,
};

use aws_smithy_runtime_api::{
    client::{
        connection::CaptureSmithyConnection,
        http::{
            HttpClient, HttpConnectorSettings, SharedHttpConnector,
            telemetry::CaptureHttpAttemptTelemetry,
        },
        orchestrator::{HttpRequest, HttpResponse},
        result::ConnectorError,
        runtime_components::RuntimeComponentsBuilder,
    },
    http::Headers,
};
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use tokio::time::{Instant, sleep};
use tower::{Service, service_fn};
use tower_muster::BoxError;

use crate::Timeouts;

const SECOND: Duration = Duration::from_secs(1);

/// The connector that an SDK with these timeouts is given.
fn connector<S, F>(
    service: S,
    connect: Option<Duration>,
    read: Option<Duration>,
) -> SharedHttpConnector
where
    S: Service<Request<SdkBody>, Response = Response<SdkBody>, Error = BoxError, Future = F>,
    S: Clone + Send + Sync + 'static,
    F: Future<Output = Result<Response<SdkBody>, BoxError>> + Send + 'static,
{
    let mut settings = HttpConnectorSettings::builder();
    settings.set_connect_timeout(connect).set_read_timeout(read);
    let components = RuntimeComponentsBuilder::for_tests()
        .build()
        .expect("components");
    crate::http_client(service).http_connector(&settings.build(), &components)
}

fn request() -> HttpRequest {
    let mut request = HttpRequest::new(SdkBody::from("a request"));
    request.set_method("POST").expect("a method");
    request
        .set_uri("http://cluster.example:8000/path?q=1")
        .expect("a URI");
    request
        .headers_mut()
        .insert("x-amz-target", "DynamoDB_20120810.ListTables");
    request
}

async fn call(connector: SharedHttpConnector) -> Result<HttpResponse, ConnectorError> {
    send(connector, request()).await
}

async fn send(
    connector: SharedHttpConnector,
    request: HttpRequest,
) -> Result<HttpResponse, ConnectorError> {
    use aws_smithy_runtime_api::client::http::HttpConnector;
    connector.call(request).await
}

async fn late(after: Duration) -> Result<Response<SdkBody>, BoxError> {
    sleep(after).await;
    Ok(Response::new(SdkBody::empty()))
}

#[tokio::test(start_paused = true)]
async fn the_read_timeout_bounds_the_whole_of_the_stacks_call() {
    let begun = Instant::now();
    let silent = service_fn(async |_| pending().await);
    let error = call(connector(silent, None, Some(SECOND)))
        .await
        .expect_err("silence");
    assert!(error.is_timeout(), "{error:?}");
    let cause = error.source().expect("a cause").to_string();
    assert!(cause.contains("read timeout of 1s"), "{cause}");
    assert_eq!(begun.elapsed(), SECOND);

    let in_time = service_fn(|_| late(SECOND - Duration::from_millis(1)));
    call(connector(in_time, None, Some(SECOND)))
        .await
        .expect("a response");
}

#[tokio::test(start_paused = true)]
async fn a_stack_that_never_gets_ready_is_bounded_too() {
    #[derive(Clone)]
    struct NeverReady;
    impl Service<Request<SdkBody>> for NeverReady {
        type Response = Response<SdkBody>;
        type Error = BoxError;
        type Future = std::future::Ready<Result<Response<SdkBody>, BoxError>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
            Poll::Pending
        }

        fn call(&mut self, _: Request<SdkBody>) -> Self::Future {
            unreachable!("called although it was not ready")
        }
    }
    let error = call(connector(NeverReady, None, Some(SECOND)))
        .await
        .expect_err("never");
    assert!(error.is_timeout(), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn the_connect_timeout_is_left_to_the_client_below_which_is_told() {
    let connect = Duration::from_millis(1);
    let slow = service_fn(move |request: Request<SdkBody>| {
        let timeouts: Option<&Timeouts> = request.extensions().get();
        assert_eq!(timeouts, Some(&Timeouts::new(Some(connect), None)));
        late(60 * SECOND)
    });
    call(connector(slow, Some(connect), None))
        .await
        .expect("a response");
}

#[tokio::test]
async fn clients_that_are_known_are_told_what_they_do_not_know() {
    let limit = Duration::from_secs(1);
    let capture = CaptureSmithyConnection::new();
    for (connect, is_told) in [
        (None, false),
        (Some(2 * limit), false),
        (Some(limit), false),
        (Some(limit / 2), true),
    ] {
        let stack = service_fn(move |request: Request<SdkBody>| {
            let timeouts: Option<&Timeouts> = request.extensions().get();
            let expected = Timeouts::new(connect, None);
            assert_eq!(timeouts, is_told.then_some(&expected), "{connect:?}");
            let own: Option<&CaptureSmithyConnection> = request.extensions().get();
            assert!(own.is_none(), "nobody below would use it");
            late(Duration::ZERO)
        });
        let mut settings = HttpConnectorSettings::builder();
        settings.set_connect_timeout(connect);
        let components = RuntimeComponentsBuilder::for_tests()
            .build()
            .expect("components");
        let client = crate::http_client_within(limit, stack);
        let mut request = request();
        request.add_extension(capture.clone());
        send(
            client.http_connector(&settings.build(), &components),
            request,
        )
        .await
        .expect("a response");
        capture.get().expect("one that does nothing").poison();
    }
}

#[tokio::test]
async fn the_request_arrives_as_the_sdk_made_it() {
    let stack = service_fn(async |request: Request<SdkBody>| {
        assert_eq!(request.method(), "POST");
        assert_eq!(request.uri(), "http://cluster.example:8000/path?q=1");
        assert_eq!(
            request.headers()["x-amz-target"],
            "DynamoDB_20120810.ListTables"
        );
        let body = request.into_body().collect().await?.to_bytes();
        assert_eq!(body, "a request");
        Ok::<_, BoxError>(Response::new(SdkBody::empty()))
    });
    call(connector(stack, None, None))
        .await
        .expect("a response");
}

/// A body in parts, the last one first.
struct Parts(Vec<&'static str>);

impl Body for Parts {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        Poll::Ready(self.0.pop().map(|part| Ok(Frame::data(Bytes::from(part)))))
    }
}

#[derive(Debug, Clone, PartialEq)]
struct FromTheStack(u32);

#[tokio::test]
async fn the_response_arrives_as_the_stack_made_it() {
    let stack = service_fn(async |_| {
        let body = Parts(["onse", "a resp"].to_vec());
        let response = Response::builder()
            .status(418)
            .header("x-one", "1")
            .header("x-two", "a")
            .header("x-two", "b")
            .extension(FromTheStack(7));
        Ok::<_, BoxError>(response.body(SdkBody::from_body_1_x(body))?)
    });
    let mut response = call(connector(stack, None, None))
        .await
        .expect("a response");
    assert_eq!(response.status().as_u16(), 418);
    let headers: &Headers = response.headers();
    assert_eq!(headers.get("x-one"), Some("1"));
    assert_eq!(headers.get_all("x-two").collect::<Vec<_>>(), ["a", "b"]);
    let body = response
        .take_body()
        .collect()
        .await
        .expect("a body")
        .to_bytes();
    assert_eq!(body, "a response");
    let response = response.try_into_http1x().expect("a response");
    assert_eq!(response.extensions().get(), Some(&FromTheStack(7)));
}

#[tokio::test]
async fn clones_of_the_client_and_all_connectors_are_one_stack() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let stack = service_fn(move |_| {
        counted.fetch_add(1, Relaxed);
        late(Duration::ZERO)
    });
    let client = crate::http_client(stack);
    let components = RuntimeComponentsBuilder::for_tests()
        .build()
        .expect("components");
    for seconds in 1..=3 {
        let settings = HttpConnectorSettings::builder()
            .read_timeout(seconds * SECOND)
            .build();
        let connector = client.clone().http_connector(&settings, &components);
        call(connector).await.expect("a response");
    }
    assert_eq!(calls.load(Relaxed), 3);
}

#[tokio::test]
async fn a_stack_is_made_once_for_each_pair_of_timeouts() {
    let made = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&made);
    let client = crate::http_client_with(move |timeouts| {
        counted.fetch_add(1, Relaxed);
        let expected = *timeouts;
        service_fn(move |request: Request<SdkBody>| {
            assert_eq!(request.extensions().get(), Some(&expected));
            late(Duration::ZERO)
        })
    });
    let components = RuntimeComponentsBuilder::for_tests()
        .build()
        .expect("components");
    for _ in 0..10 {
        for (connect, read) in [(1, 1), (1, 2), (2, 1)] {
            let settings = HttpConnectorSettings::builder()
                .connect_timeout(connect * SECOND)
                .read_timeout(read * SECOND)
                .build();
            call(client.http_connector(&settings, &components))
                .await
                .expect("a response");
        }
    }
    assert_eq!(made.load(Relaxed), 3);
}

#[tokio::test(start_paused = true)]
async fn the_time_of_the_whole_call_is_recorded_whoever_else_would() {
    for is_answered in [true, false] {
        let stack = service_fn(move |request: Request<SdkBody>| {
            let for_below: Option<&CaptureHttpAttemptTelemetry> = request.extensions().get();
            assert!(for_below.is_none(), "an attempt's time would win");
            late(if is_answered { SECOND / 2 } else { 2 * SECOND })
        });
        let telemetry = CaptureHttpAttemptTelemetry::new();
        let mut request = request();
        request.add_extension(telemetry.clone());
        let result = send(connector(stack, None, Some(SECOND)), request).await;
        assert_eq!(result.is_ok(), is_answered);
        let recorded = telemetry.get();
        let expected = if is_answered { SECOND / 2 } else { SECOND };
        assert_eq!(recorded.connector_call_duration(), Some(expected));
        assert!(recorded.connection().is_none());
    }
}

#[tokio::test]
async fn a_client_that_tells_no_connection_has_none_to_close() {
    for is_answered in [true, false] {
        let stack = service_fn(move |_| async move {
            match is_answered {
                true => late(Duration::ZERO).await,
                false => Err("no answer".into()),
            }
        });
        let capture = CaptureSmithyConnection::new();
        let mut request = request();
        request.add_extension(capture.clone());
        let result = send(connector(stack, None, None), request).await;
        assert_eq!(result.is_ok(), is_answered);
        let connection = capture.get().expect("one that does nothing");
        assert_eq!(connection.remote_addr(), None);
        connection.poison();
    }
}

#[test]
fn what_is_shown_tells_what_it_is() {
    let stack = service_fn(|_| late(Duration::ZERO));
    let client = crate::http_client(stack);
    let connector = connector(stack, None, Some(SECOND));
    let shown = format!("{client:?} {connector:?}");
    assert!(
        shown.contains("tower_muster_smithy::http_client"),
        "{shown}"
    );
    assert!(shown.contains("read: Some(1s)"), "{shown}");
}
