//! One request under way at the SDK's client.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use aws_smithy_runtime_api::client::{http::HttpConnectorFuture, result::ConnectorError};
use aws_smithy_types::body::SdkBody;
use http::Response;
use pin_project_lite::pin_project;

pin_project! {
    /// Resolves to the response of the SDK's client.
    ///
    /// # Cancel safety
    ///
    /// Dropping it drops the client's future; the request may have been sent.
    ///
    /// # Panics
    ///
    /// With timeouts it must be polled inside a Tokio runtime whose timer is enabled.
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture {
        #[pin]
        inner: HttpConnectorFuture,
    }
}

impl ResponseFuture {
    pub(super) fn new(inner: HttpConnectorFuture) -> Self {
        Self { inner }
    }
}

impl Future for ResponseFuture {
    type Output = Result<Response<SdkBody>, ConnectorError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().inner.poll(cx).map(|result| {
            let response = result?.try_into_http1x();
            response.map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

impl fmt::Debug for ResponseFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
