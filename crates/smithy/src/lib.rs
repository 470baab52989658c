//! A tower stack as the HTTP client of any AWS SDK crate.
//!
//! The SDK calls its HTTP client once for each of its attempts, with a request that is signed already,
//! unless its signing is off. [`http_client`] puts a stack there: it may send the request to a node of a
//! cluster, and to another one when that fails, without the SDK's backoff in between.
//!
//! # Who signs
//!
//! - *The SDK.* Its signature covers the Host, which the SDK leaves for the client to write. The stack
//!   has to send every node the Host that was signed:
//!   [`HostHeader::Keep`](tower_muster::select::HostHeader::Keep).
//! - *The stack.* Give the SDK no credentials and `allow_no_auth()`, and put a signing layer below
//!   `Select`: each attempt is signed for its node, and what the stack does to a request before is
//!   covered.
//!
//! # What the SDK repeats
//!
//! An error of the stack is shown to the SDK such that it repeats only what is safe to repeat as a whole:
//!
//! | error | shown as | repeated by the SDK |
//! |---|---|---|
//! | the request is at fault or cannot be signed, nothing was sent | user | no |
//! | it may have been carried out and is not repeatable | other | no |
//! | the budget of extra attempts is spent | other | no |
//! | the deadline has passed, and it is safe to repeat | timeout | yes |
//! | no node was left, or is known yet, and it is safe to repeat | io | yes |
//! | the SDK's own read timeout has passed | timeout | yes, as with any other client |
//!
//! # Timeouts
//!
//! The SDK's read timeout is honoured, over the whole of the stack's call. Its connect timeout is not:
//! the stack connects to several nodes in one call, each in the time that the client below allows.
//!
//! # Example
//!
//! ```
//! use aws_smithy_types::body::SdkBody;
//! use http::{Request, Response};
//! use tower::service_fn;
//!
//! let stack = service_fn(async |_: Request<SdkBody>| {
//!     Ok::<_, tower_muster::BoxError>(Response::new(SdkBody::from("{}")))
//! });
//! let http_client = tower_muster_smithy::http_client(stack);
//! // aws_sdk_dynamodb::Config::builder().http_client(http_client)
//! # let _ = http_client;
//! ```
#![cfg_attr(docsrs, feature(doc_cfg))]

mod connector;
mod error;

use std::{fmt, sync::Arc};

use aws_smithy_runtime_api::{
    client::{
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

use self::connector::Connector;

/// Makes a stack the HTTP client of an AWS SDK.
///
/// Set it on the configuration of the one service that the cluster serves, not on the shared
/// `aws_config`: that one's client also fetches credentials, which the cluster does not serve.
///
/// # Clone
///
/// Clones of the client are one stack. Each call is made on a clone of `service`.
pub fn http_client<S, B>(service: S) -> SharedHttpClient
where
    S: Service<Request<SdkBody>, Response = Response<B>> + Clone + Send + Sync + 'static,
    S::Error: Into<BoxError> + Send,
    S::Future: Send + 'static,
    B: Body<Data = Bytes> + Send + Sync + 'static,
    B::Error: Into<BoxError> + 'static,
{
    Client {
        service: Arc::new(service),
    }
    .into_shared()
}

/// Hands the SDK a connector for each pair of timeouts; all of them are one stack.
struct Client<S> {
    service: Arc<S>,
}

impl<S, B> HttpClient for Client<S>
where
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
        SharedHttpConnector::new(Connector::new(
            Arc::clone(&self.service),
            settings.read_timeout(),
        ))
    }
}

impl<S> fmt::Debug for Client<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("tower_muster_smithy::http_client")
    }
}
