//! One call of the SDK, as one call of the stack.

use std::{fmt, sync::Arc, time::Duration};

use aws_smithy_runtime_api::{
    client::{
        http::{HttpConnector, HttpConnectorFuture},
        orchestrator::{HttpRequest, HttpResponse},
        result::ConnectorError,
    },
    http::HttpError,
};
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use tokio::time::timeout;
use tower::ServiceExt;
use tower_muster::BoxError;
use tower_service::Service;

use crate::error::{ReadTimeout, connector_error};

pub(crate) struct Connector<S> {
    service: Arc<S>,
    read_timeout: Option<Duration>,
}

impl<S> Connector<S> {
    pub(crate) fn new(service: Arc<S>, read_timeout: Option<Duration>) -> Self {
        Self {
            service,
            read_timeout,
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
        let service = S::clone(&self.service);
        let read_timeout = self.read_timeout;
        HttpConnectorFuture::new(async move {
            let request = request.try_into_http1x().map_err(user_error)?;
            // `oneshot` makes the clone ready before it is called.
            let call = service.oneshot(request);
            let response = match read_timeout {
                None => call.await,
                Some(limit) => match timeout(limit, call).await {
                    Ok(result) => result,
                    Err(_) => return Err(ConnectorError::timeout(ReadTimeout(limit).into())),
                },
            };
            let response = response.map_err(|error| connector_error(error.into()))?;
            HttpResponse::try_from(response.map(SdkBody::from_body_1_x)).map_err(user_error)
        })
    }
}

fn user_error(error: HttpError) -> ConnectorError {
    ConnectorError::user(error.into())
}

impl<S> fmt::Debug for Connector<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector")
            .field("read_timeout", &self.read_timeout)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
