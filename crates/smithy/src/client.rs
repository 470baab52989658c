//! The SDK's HTTP client: a connector for each pair of timeouts.

use std::{borrow::Cow, fmt, time::Duration};

use aws_smithy_runtime_api::{
    client::{
        connector_metadata::ConnectorMetadata,
        http::{HttpClient, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector},
        runtime_components::RuntimeComponents,
    },
    shared::IntoShared,
};
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use tower_muster::BoxError;
use tower_service::Service;

use crate::{
    capture::Below,
    connector::{Connector, Told},
    timeouts::{Remembered, Timeouts},
};

/// Makes a stack the HTTP client of an AWS SDK.
///
/// The one stack serves whatever timeouts the SDK has. The read timeout is kept here; for the connect
/// timeout see [`PerConnectTimeout`](crate::PerConnectTimeout).
///
/// Turn the SDK's [own retries](crate#the-sdks-own-retries) off, or add [`SafeRetries`](crate::SafeRetries): an SDK
/// that has them on without it repeats what may have been carried out.
///
/// Set it on the configuration of the one service that the cluster serves. The shared `aws_config` hands its
/// client to the providers of credentials, too: there it has to be behind a
/// [`PassThroughLayer`](crate::PassThroughLayer).
///
/// # Clone
///
/// Clones of the client are one stack. Calls are made on a clone of `service` that they hand on to each other, or
/// on clones of their own while it is taken.
pub fn http_client<S, B>(service: S) -> SharedHttpClient
where
    S: Service<Request<SdkBody>, Response = Response<B>> + Clone + Send + Sync + 'static,
    S::Error: Into<BoxError> + Send,
    S::Future: Send + 'static,
    B: Body<Data = Bytes> + Send + Sync + 'static,
    B::Error: Into<BoxError> + 'static,
{
    http_client_with(move |_| service.clone())
}

/// Makes a stack the HTTP client of an AWS SDK whose clients below are known.
///
/// It is [`http_client`] for a stack over a [`PerConnectTimeout`](crate::PerConnectTimeout) of this `limit` and
/// hyper-util's clients. What these need not be told is neither kept nor copied for each attempt: requests carry
/// their [`Timeouts`] only if the SDK's connect timeout is below the limit (its default is 3.1 s), and never
/// the SDK's own way to be told of connections.
///
/// # Clone
///
/// As that of [`http_client`].
pub fn http_client_within<S, B>(limit: Duration, service: S) -> SharedHttpClient
where
    S: Service<Request<SdkBody>, Response = Response<B>> + Clone + Send + Sync + 'static,
    S::Error: Into<BoxError> + Send,
    S::Future: Send + 'static,
    B: Body<Data = Bytes> + Send + Sync + 'static,
    B::Error: Into<BoxError> + 'static,
{
    within(limit, service, Below::Hyper)
}

/// Makes a stack the HTTP client of an AWS SDK that keeps its connections after errors.
///
/// It is [`http_client_within`] for an SDK with `ReconnectMode::ReuseAllConnections`, as [`sdk_config`](crate::sdk_config)
/// sets it: which connection a call went over is not looked for, since nobody wants to close it. An SDK with another
/// mode is told that there is none to close; its errors name none, either.
///
/// # Clone
///
/// As that of [`http_client`].
pub fn http_client_keeping_connections<S, B>(limit: Duration, service: S) -> SharedHttpClient
where
    S: Service<Request<SdkBody>, Response = Response<B>> + Clone + Send + Sync + 'static,
    S::Error: Into<BoxError> + Send,
    S::Future: Send + 'static,
    B: Body<Data = Bytes> + Send + Sync + 'static,
    B::Error: Into<BoxError> + 'static,
{
    within(limit, service, Below::Kept)
}

fn within<S, B>(limit: Duration, service: S, below: Below) -> SharedHttpClient
where
    S: Service<Request<SdkBody>, Response = Response<B>> + Clone + Send + Sync + 'static,
    S::Error: Into<BoxError> + Send,
    S::Future: Send + 'static,
    B: Body<Data = Bytes> + Send + Sync + 'static,
    B::Error: Into<BoxError> + 'static,
{
    Client {
        make: move |_: &Timeouts| service.clone(),
        limit: Some(limit),
        below,
        connectors: Remembered::new(),
    }
    .into_shared()
}

/// Makes an HTTP client of an AWS SDK that has a stack for each pair of timeouts.
///
/// `make` is asked once for each pair, when it is first used, inside a runtime, and its stack is kept: the
/// newest 64 are. It must not call the client that it is made for. Stacks of their own
/// have clusters and pools of their own; what they should share, `make` clones. What can fail is best built before.
///
/// ```
/// use aws_smithy_types::body::SdkBody;
/// use hyper_util::{client::legacy::{Client, connect::HttpConnector}, rt::TokioExecutor};
///
/// let http_client = tower_muster_smithy::http_client_with(|timeouts| {
///     let mut connector = HttpConnector::new();
///     connector.set_connect_timeout(timeouts.connect_timeout());
///     Client::builder(TokioExecutor::new()).build::<_, SdkBody>(connector)
/// });
/// # let _ = http_client;
/// ```
///
/// # Clone
///
/// Clones of the client share its stacks. Calls are made on a clone of one that they hand on to each other, or on
/// clones of their own while it is taken.
pub fn http_client_with<F, S, B>(make: F) -> SharedHttpClient
where
    F: Fn(&Timeouts) -> S + Send + Sync + 'static,
    S: Service<Request<SdkBody>, Response = Response<B>> + Clone + Send + Sync + 'static,
    S::Error: Into<BoxError> + Send,
    S::Future: Send + 'static,
    B: Body<Data = Bytes> + Send + Sync + 'static,
    B::Error: Into<BoxError> + 'static,
{
    Client {
        make,
        limit: None,
        below: Below::Any,
        connectors: Remembered::new(),
    }
    .into_shared()
}

struct Client<F> {
    make: F,
    /// How long connecting takes at most, whatever a request says.
    limit: Option<Duration>,
    below: Below,
    connectors: Remembered<Timeouts, SharedHttpConnector>,
}

impl<F, S, B> HttpClient for Client<F>
where
    F: Fn(&Timeouts) -> S + Send + Sync + 'static,
    S: Service<Request<SdkBody>, Response = Response<B>> + Clone + Send + Sync + 'static,
    S::Error: Into<BoxError> + Send,
    S::Future: Send + 'static,
    B: Body<Data = Bytes> + Send + Sync + 'static,
    B::Error: Into<BoxError> + 'static,
{
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let timeouts = Timeouts::of(settings);
        let asked = timeouts.connect_timeout();
        let told = Told {
            timeouts: match self.limit {
                None => true,
                Some(limit) => asked.is_some_and(|asked| asked < limit),
            },
            below: self.below,
        };
        self.connectors.get_or_make(timeouts, || {
            SharedHttpConnector::new(Connector::new((self.make)(&timeouts), timeouts, told))
        })
    }

    /// What the user agent says of the client: `md/http#tower-muster-` and the version.
    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        let version = Cow::Borrowed(env!("CARGO_PKG_VERSION"));
        Some(ConnectorMetadata::new("tower-muster", Some(version)))
    }
}

impl<F> fmt::Debug for Client<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("tower_muster_smithy::http_client")
    }
}
