//! One call of the SDK, as one call of the stack.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use aws_smithy_runtime_api::{
    client::{
        http::{HttpConnector, HttpConnectorFuture, telemetry::CaptureHttpAttemptTelemetry},
        orchestrator::{HttpRequest, HttpResponse},
        result::ConnectorError,
    },
    http::HttpError,
};
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use pin_project_lite::pin_project;
use tokio::time::{Instant, timeout};
use tower_muster::BoxError;
use tower_service::Service;

use crate::{
    call::Call,
    capture::{Below, Captured},
    error::{ReadTimeout, connector_error},
    handed_on::HandedOn,
    timeouts::Timeouts,
};

pub(crate) struct Connector<S> {
    service: HandedOn<S>,
    timeouts: Timeouts,
    told: Told,
}

/// What the layers below are told with each request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Told {
    /// Which timeouts the SDK has.
    pub(crate) timeouts: bool,
    pub(crate) below: Below,
}

impl<S: Clone> Connector<S> {
    pub(crate) fn new(service: S, timeouts: Timeouts, told: Told) -> Self {
        Self {
            service: HandedOn::new(service),
            timeouts,
            told,
        }
    }
}

impl<S, B> HttpConnector for Connector<S>
where
    S: Service<Request<SdkBody>, Response = Response<B>> + Clone + Send + Sync + 'static,
    S::Error: Into<BoxError> + Send,
    S::Future: Send + 'static,
    B: Body<Data = Bytes> + Send + Sync + 'static,
    B::Error: Into<BoxError> + 'static,
{
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut request = match request.try_into_http1x() {
            Ok(request) => request,
            Err(error) => return HttpConnectorFuture::ready(Err(user_error(error))),
        };
        let extensions = request.extensions_mut();
        // The first who writes it wins, and that would be the first attempt, if the client below did.
        let telemetry: Option<CaptureHttpAttemptTelemetry> = extensions.remove();
        if self.told.timeouts {
            extensions.insert(self.timeouts);
        }
        let end = End {
            captured: Captured::of(&mut request, self.told.below),
            telemetry: telemetry.map(|telemetry| (telemetry, Instant::now())),
        };
        let call = self.service.call(request);
        match self.timeouts.read_timeout() {
            None => HttpConnectorFuture::new(Answer { call, end }),
            Some(limit) => {
                let call = within(limit, call);
                HttpConnectorFuture::new(Answer { call, end })
            }
        }
    }
}

async fn within<S, B>(
    limit: Duration,
    call: Call<S, Request<SdkBody>>,
) -> Result<Response<B>, BoxError>
where
    S: Service<Request<SdkBody>, Response = Response<B>, Error: Into<BoxError>>,
{
    match timeout(limit, call).await {
        Ok(result) => result.map_err(Into::into),
        Err(_) => Err(ConnectorError::timeout(ReadTimeout(limit).into()).into()),
    }
}

pin_project! {
    /// The SDK's answer to be, and whom to tell of it.
    struct Answer<F> {
        #[pin]
        call: F,
        end: End,
    }
}

struct End {
    captured: Captured,
    telemetry: Option<(CaptureHttpAttemptTelemetry, Instant)>,
}

impl<F, B, E> Future for Answer<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body<Data = Bytes> + Send + Sync + 'static,
    B::Error: Into<BoxError> + 'static,
    E: Into<BoxError>,
{
    type Output = Result<HttpResponse, ConnectorError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let result = match ready!(this.call.poll(cx)) {
            Ok(response) => {
                HttpResponse::try_from(response.map(SdkBody::from_body_1_x)).map_err(user_error)
            }
            Err(error) => Err(connector_error(error.into())),
        };
        Poll::Ready(this.end.with(result))
    }
}

impl End {
    fn with<T>(&self, result: Result<T, ConnectorError>) -> Result<T, ConnectorError> {
        if let Some((telemetry, begun)) = &self.telemetry {
            telemetry.record_connector_call_duration(begun.elapsed());
        }
        result.map_err(|error| match self.captured.connection() {
            Some(connection) => error.with_connection(connection),
            None => error,
        })
    }
}

fn user_error(error: HttpError) -> ConnectorError {
    ConnectorError::user(error.into())
}

impl<S> fmt::Debug for Connector<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector")
            .field("timeouts", &self.timeouts)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
