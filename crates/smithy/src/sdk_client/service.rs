//! The service over the SDK's client.

use std::{
    error::Error,
    fmt,
    task::{Context, Poll},
};

use aws_smithy_runtime_api::client::{
    http::{HttpClient, HttpConnector, HttpConnectorFuture, SharedHttpConnector},
    orchestrator::HttpRequest,
    result::ConnectorError,
};
use aws_smithy_types::{body::SdkBody, config_bag::ConfigBag};
use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use tower_muster::BoxError;
use tower_service::Service;

use super::{ResponseFuture, components};
use crate::Timeouts;

/// Sends requests with an HTTP client of the SDK.
///
/// The [module](super) tells what for.
///
/// # Clone
///
/// Clones share the client's connections.
#[derive(Debug, Clone)]
pub struct SdkClient {
    connector: SharedHttpConnector,
}

impl SdkClient {
    /// Makes a service over `http_client` that keeps these timeouts.
    ///
    /// They hold for every attempt: the stack above may make several in one call. Its time is Tokio's, and
    /// the date of its proxy's and TLS's needs the system's.
    ///
    /// # Errors
    ///
    /// [`SdkClientError`] if the client does not take the settings, as one whose certificates cannot be
    /// loaded.
    pub fn new(http_client: &dyn HttpClient, timeouts: Timeouts) -> Result<Self, SdkClientError> {
        let base = components::builder();
        http_client
            .validate_base_client_config(&base, &ConfigBag::base())
            .map_err(SdkClientError)?;
        let components = components::components().map_err(|error| SdkClientError(error.into()))?;
        Ok(Self {
            connector: http_client.http_connector(&timeouts.settings(), &components),
        })
    }
}

impl<B> Service<Request<B>> for SdkClient
where
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + Sync + 'static,
{
    type Response = Response<SdkBody>;
    type Error = ConnectorError;
    type Future = ResponseFuture;

    /// Always ready: the SDK's clients have no limit to wait for.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectorError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> ResponseFuture {
        let request = HttpRequest::try_from(request.map(SdkBody::from_body_1_x));
        ResponseFuture::new(match request {
            Ok(request) => self.connector.call(request),
            Err(error) => HttpConnectorFuture::ready(Err(ConnectorError::user(error.into()))),
        })
    }
}

/// Says that a client of the SDK does not take its settings.
#[derive(Debug)]
pub struct SdkClientError(BoxError);

impl fmt::Display for SdkClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("http_client: it does not take its settings")
    }
}

impl Error for SdkClientError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.0)
    }
}
