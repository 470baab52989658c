//! Signs each request with AWS Signature Version 4, for the host it will be sent to.
//!
//! [`SigV4Layer`] is one [tower](https://docs.rs/tower) layer. It gathers the request's body, asks for
//! credentials, signs with [`aws-sigv4`](https://docs.rs/aws-sigv4) and hands the request to the service
//! below. It suits any service that speaks SigV4: DynamoDB, ScyllaDB Alternator, S3, and others.
//!
//! ```text
//! request ─► gather body ─► credentials ─► host, headers, date ─► signature ─► inner service
//!             up to a limit   cached or      what will be sent      all or
//!                             awaited                               nothing
//! ```
//!
//! # Where it goes in a stack
//!
//! Below everything that changes the body, the URI's authority, `Host` or a signed header (compression,
//! node selection, header trimming), and below retries: a signature names one host and one minute, so each
//! attempt needs its own. An older signature is replaced, so a request may pass twice.
//!
//! # What is signed
//!
//! | part | signed |
//! |---|---|
//! | method, path, query, body | always |
//! | `host` | always: the `Host` header if there is one, else the URI's authority, which is then added as `Host` |
//! | `x-amz-date`, `x-amz-security-token` | always ours; an older one is replaced |
//! | `content-type`, any other `x-amz-*` | when present |
//! | `x-amz-content-sha256` | when present or [asked for](SigV4Layer::payload_hash_header), with its value set to the hash of this body |
//! | any other header | only if [chosen](SigV4Layer::sign_headers) |
//!
//! This is what the specification asks for, and no more. `aws-sigv4` alone signs every header but
//! `authorization`, `user-agent`, `x-amzn-trace-id` and `transfer-encoding`; a client below that adds or drops
//! `content-length`, `accept-encoding` or a hop-by-hop header would then break the signature. Signing few
//! headers leaves the transport free. The list is in the AWS manual under
//! [create a signed request](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).
//!
//! Over HTTP/2 a server reads the host from the URI, not from `Host`: there the two must be the same.
//!
//! A query that holds a presigned signature (`X-Amz-Signature=...`) is left as it is and signed as a query; only
//! [`Presign`] takes it out.
//!
//! # Example
//!
//! ```
//! use aws_credential_types::Credentials;
//! use bytes::Bytes;
//! use http::{Request, Response};
//! use http_body_util::Full;
//! use tower::{Layer as _, ServiceExt as _, service_fn};
//! use tower_muster_sigv4::SigV4Layer;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), tower_muster_sigv4::BoxError> {
//! let credentials = Credentials::from_keys("alternator", "secret_pass", None);
//! let service = SigV4Layer::new(credentials, "us-east-1", "dynamodb")?
//!     .layer(service_fn(async |request: Request<Full<Bytes>>| {
//!         let authorization = &request.headers()["authorization"];
//!         assert!(authorization.to_str().unwrap().starts_with("AWS4-HMAC-SHA256 Credential=alternator/"));
//!         assert_eq!(request.headers()["host"], "127.0.0.1:8000");
//!         Ok::<_, std::convert::Infallible>(Response::new(()))
//!     }));
//!
//! let request = Request::post("http://127.0.0.1:8000/")
//!     .header("x-amz-target", "DynamoDB_20120810.ListTables")
//!     .body(Full::<Bytes>::from("{}"))?;
//! service.oneshot(request).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Other services
//!
//! Services differ in how they read a path and a body. The default suits DynamoDB, ScyllaDB Alternator and
//! nearly all others; the table says what S3 and those made after it want.
//!
//! | setting | default | S3 |
//! |---|---|---|
//! | [`double_encoding`](SigV4Layer::double_encoding): `/a%20b` is signed as `/a%2520b` | on | off |
//! | [`path_normalization`](SigV4Layer::path_normalization): `/a/../b` is signed as `/b` | on | off |
//! | [`payload_hash_header`](SigV4Layer::payload_hash_header): `x-amz-content-sha256` is added | off | on |
//! | [`unsigned_payload`](SigV4Layer::unsigned_payload): the body is streamed, neither read nor signed | no | possible, over TLS only |
//! | [`Presign`]: the signature is part of a URI that others may use | possible | possible, with [`Presign::unsigned_payload`] |
//!
//! The path is never changed on its way, whatever is signed: Alternator, for one, takes `/` and no query. Write
//! a space in a query as `%20` and a plus sign as `%2B`: `aws-sigv4` reads `+` as a space, and servers differ.
//!
//! # Clocks and credentials
//!
//! A server refuses a date that is more than 15 minutes off. The layer then learns from the refusal what time
//! the server has, signs again and sends once more; see [`SigV4Layer::clock_skew`]. A service below has to
//! answer with an [`http::Response`] for that, of any body.
//!
//! A provider is asked before each request, unless [`SigV4Layer::cache_credentials`] or a
//! [`CachedCredentials`] keeps what it gave. Fixed credentials that have expired are an error when the layer is
//! made, or when a request is signed. Those that a provider has just given are an error only if they have expired
//! by the server's clock as well as by ours: with ours alone known it may be that which is wrong, and it takes a
//! refusal to learn of that.
//!
//! # What it does not do
//!
//! No SigV4a, no bodies in signed chunks, no trailers but with an unsigned payload. It retries nothing, but for
//! the one send that a wrong clock costs.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod again;
mod cached;
mod clock;
mod config_error;
mod credentials;
mod error;
mod future;
mod gather;
mod headers;
mod host;
mod kept;
mod layer;
mod prepare;
mod presign;
mod service;
mod signed_headers;
mod signer;
mod skew;
mod target;
mod unsigned;

pub use self::cached::{CachedCredentials, DEFAULT_LOAD_TIMEOUT, DEFAULT_REFRESH_AHEAD};
pub use self::config_error::ConfigError;
pub use self::error::{Error, ErrorKind};
pub use self::future::ResponseFuture;
pub use self::layer::{DEFAULT_BODY_LIMIT, SigV4Layer};
pub use self::presign::Presign;
pub use self::service::SigV4;
pub use self::signed_headers::SignedHeaders;
pub use self::unsigned::{UnsignedPayload, UnsignedPayloadFuture, UnsignedPayloadLayer};

/// A boxed error that may cross threads, as tower uses it.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
