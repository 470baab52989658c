//! One call of the SDK, as one call of the stack.

use std::fmt;

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
use tokio::time::{Instant, timeout};
use tower::ServiceExt;
use tower_muster::BoxError;
use tower_service::Service;

use crate::{
    capture::Captured,
    error::{ReadTimeout, connector_error},
    timeouts::Timeouts,
};

pub(crate) struct Connector<S> {
    service: S,
    timeouts: Timeouts,
}

impl<S> Connector<S> {
    pub(crate) fn new(service: S, timeouts: Timeouts) -> Self {
        Self { service, timeouts }
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
        let service = self.service.clone();
        let timeouts = self.timeouts;
        HttpConnectorFuture::new(async move {
            let mut request = request.try_into_http1x().map_err(user_error)?;
            request.extensions_mut().insert(timeouts);
            // The first who writes it wins, and that would be the first attempt, if the client below did.
            let telemetry: Option<CaptureHttpAttemptTelemetry> = request.extensions_mut().remove();
            let captured = Captured::of(&mut request);
            let begun = Instant::now();
            let result = answer(service, request, timeouts).await;
            if let Some(telemetry) = telemetry {
                telemetry.record_connector_call_duration(begun.elapsed());
            }
            result.map_err(|error| match captured.connection() {
                Some(connection) => error.with_connection(connection),
                None => error,
            })
        })
    }
}

async fn answer<S, B>(
    service: S,
    request: Request<SdkBody>,
    timeouts: Timeouts,
) -> Result<HttpResponse, ConnectorError>
where
    S: Service<Request<SdkBody>, Response = Response<B>>,
    S::Error: Into<BoxError>,
    B: Body<Data = Bytes> + Send + Sync + 'static,
    B::Error: Into<BoxError> + 'static,
{
    // `oneshot` makes the clone ready before it is called.
    let call = service.oneshot(request);
    let response = match timeouts.read_timeout() {
        None => call.await,
        Some(limit) => match timeout(limit, call).await {
            Ok(result) => result,
            Err(_) => return Err(ConnectorError::timeout(ReadTimeout(limit).into())),
        },
    };
    let response = response.map_err(|error| connector_error(error.into()))?;
    HttpResponse::try_from(response.map(SdkBody::from_body_1_x)).map_err(user_error)
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
