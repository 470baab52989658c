//! A tower stack as the HTTP client of any AWS SDK crate.
//!
//! The SDK calls its HTTP client once for each of its attempts, with a request that is signed already,
//! unless its signing is off. [`http_client`] puts a stack there: it may send the request to a node of a
//! cluster, and to another one when that fails, without the SDK's backoff in between.
//!
//! ```
//! use http::{Request, Response};
//! use tower::service_fn;
//! use tower_muster_smithy::{SdkBody, http_client, sdk_config};
//!
//! let stack = service_fn(async |_: Request<SdkBody>| {
//!     Ok::<_, tower_muster::BoxError>(Response::new(SdkBody::from("{}")))
//! });
//! let config = sdk_config(http_client(stack), "us-east-1", None)?;
//! // aws_sdk_dynamodb::Client::new(&config)
//! # let _ = config;
//! # Ok::<(), tower_muster_smithy::RegionError>(())
//! ```
//!
//! | item | what it is |
//! |---|---|
//! | [`http_client`], [`http_client_with`] | one stack, or one for each pair of timeouts, as the SDK's HTTP client |
//! | [`sdk_config`] | an SDK crate, set up the recommended way |
//! | [`PerConnectTimeout`], [`http_client_within`] | the SDK's connect timeout at the bottom of one stack |
//! | [`http_client_keeping_connections`] | the same, for an SDK that has no connection closed |
//! | [`SignedBelow`] | an SDK that signs nothing itself |
//! | [`PassThroughLayer`] | requests that are not meant for the cluster, past the stack |
//! | [`SdkClient`] | the other way round: the SDK's own HTTP client at the bottom of a stack |
//! | [`SafeRetries`] | for an SDK that keeps its own retries |
//!
//! # Who signs
//!
//! | who | how it is set up | which Host a node is sent | cost |
//! |---|---|---|---|
//! | the SDK | [`sdk_config`] with credentials, and [`HostHeader::Keep`] in the stack | the SDK's endpoint, for every node the same | one signature per call of the SDK |
//! | the stack | [`sdk_config`] without credentials, then `Builder::from(&config).push_auth_scheme(SignedBelow::new())`; a signing layer below `Select` | the node's own | one signature per attempt |
//! | both | [`sdk_config`] without credentials, or with any; a signing layer below `Select` | the node's own | one more signature per call, some 10 µs for a small body, that nobody reads |
//!
//! Let the stack sign: what it does to a request before is covered, as are bodies that it compresses and headers
//! that it leaves out, an attempt after a long pause is dated anew, and a proxy before a node sees that node's name.
//! Begin with both, which needs nothing but `Client::new(&config)`, and turn the SDK's signing off where
//! its time matters. Let the SDK sign where credentials are its own affair, as with a provider of `aws_config`.
//!
//! The SDK's signature covers the Host, which the SDK leaves for the client to write. So a stack that keeps
//! the signature has to send every node the Host that was signed, and to leave the body and the headers `content-*` and
//! `x-amz-*` as they are. Over HTTP/2 a node may look at `:authority` instead, which is the node's own.
//!
//! An `SdkConfig` cannot say that nothing is to be signed; only each SDK crate's own builder can: by [`SignedBelow`],
//! or by its `allow_no_auth()`, with which the SDK does more for each call. Without one of them the SDK signs if it
//! has credentials, and refuses to send if it has none.
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
//! | no node was left, is known yet, or has room for a request, and it is safe to repeat | io | yes |
//! | the layers below take no request | io | yes |
//! | a stack without failover: nothing was sent, as a connection was refused | io | yes |
//! | a stack without failover: anything else that the client below says | other | no |
//! | a `ConnectorError` of a layer's own | as it is | as it says |
//! | an error that is not known | other | no |
//! | the SDK's own read timeout has passed | timeout | yes, as with any other client |
//!
//! A response is the SDK's to judge: it repeats 500, 502, 503 and 504, errors of throttling, and a body that it
//! cannot read, whatever the operation.
//!
//! # The SDK's own retries
//!
//! Leave them off, as [`sdk_config`] does: `RetryConfig::disabled()`. The stack repeats at another node, at once, and
//! only what may be repeated; it comes back to a node after a pause, and spends a budget. The SDK
//! waits before each repetition (up to a second before the first), knows of no other node, and repeats writes
//! that may have been carried out. What it alone does is to sign again at once
//! when a refusal tells that its own clock is wrong; without, that call fails, and the next ones are dated right.
//!
//! If they stay on, add [`SafeRetries`], give the stack no backoff of its own, and mind that attempts multiply: three
//! of the SDK by five of the stack. A stack that is told which requests are repetitions
//! ([`Repeat::is_repetition`](tower_muster::failover::Repeat::is_repetition), by the header `amz-sdk-request`) gives
//! those no budget of their own.
//!
//! # Timeouts
//!
//! The SDK's read timeout is honoured, over the whole of the stack's call, up to the response's head. Its connect
//! timeout is the client's below: every request carries its [`Timeouts`] in its extensions, and
//! [`PerConnectTimeout`] keeps the one of connecting with a client for each, under one stack. [`http_client_with`] makes a
//! whole stack for each pair. What the SDK bounds besides, an attempt and an operation, ends the stack's call, and the
//! nodes are not blamed for it.
//!
//! # Connections
//!
//! The SDK has a connection closed over which a transient failure came. It is told the one of the call's last attempt,
//! where hyper-util's client is below, or the SDK's own; of two attempts side by side it is the one that was connected
//! last. [`sdk_config`] turns that off, as `ReconnectMode::ReuseAllConnections`: a node that fails is left for another,
//! and the connection is seldom to blame. [`http_client_keeping_connections`] then does not even look for it. With any
//! other client there is nothing to close, and the SDK is told so, too: it would log an error otherwise.
//!
//! # Telemetry
//!
//! Where the SDK asks for an attempt's figures, the duration of the whole call is recorded, all attempts of the stack
//! together: the SDK's attempt is the stack's call. Which connection was taken, and for how long it was waited for, is
//! not: that is one of several, and the first one to be recorded would count. In the user agent the client is
//! `http#tower-muster-` and this crate's version.
//!
//! # Only what is meant for the cluster
//!
//! Set the client on the configuration of the one service that the cluster serves. **Do not set it on `aws_config`**:
//! its loader hands the client to the providers of credentials, too, and a stack sends whatever comes to the
//! cluster: the requests to STS, IMDS or a sign-on service would go to a node. Where one client has to serve all, put
//! a [`PassThroughLayer`] above the stack:
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
//! # use http::{Request, Response};
//! use tower::ServiceBuilder;
//! use tower_muster_smithy::{ENDPOINT_URL, PassThroughLayer, SdkBody, SdkClient, Timeouts, http_client};
//!
//! # let stack = tower::service_fn(async |_: Request<SdkBody>| {
//! #     Ok::<_, tower_muster::BoxError>(Response::new(SdkBody::from("{}")))
//! # });
//! let sdks_own = aws_smithy_http_client::Builder::new().build_http();
//! let others = SdkClient::new(&sdks_own, Timeouts::default())?;
//! let service = ServiceBuilder::new()
//!     .layer(PassThroughLayer::new([ENDPOINT_URL], others)?)
//!     .service(stack);
//! // aws_config::defaults(..).http_client(http_client)
//! let http_client = http_client(service);
//! # let _ = http_client;
//! # Ok(())
//! # }
//! ```
//!
//! [`HostHeader::Keep`]: tower_muster::select::HostHeader::Keep
#![cfg_attr(docsrs, feature(doc_cfg))]

mod call;
mod capture;
mod client;
mod connector;
mod error;
mod handed_on;
pub mod pass_through;
mod per_connect_timeout;
mod safe_retries;
pub mod sdk_client;
mod sdk_config;
mod signed_below;
mod sleep;
mod timeouts;

pub use aws_smithy_types::body::SdkBody;
pub use aws_types::SdkConfig;

pub use self::{
    call::Call,
    client::{http_client, http_client_keeping_connections, http_client_with, http_client_within},
    pass_through::{PassThroughError, PassThroughLayer},
    per_connect_timeout::PerConnectTimeout,
    safe_retries::SafeRetries,
    sdk_client::{SdkClient, SdkClientError, SdkClientErrors},
    sdk_config::{ENDPOINT_URL, RegionError, sdk_config},
    signed_below::SignedBelow,
    timeouts::Timeouts,
};
