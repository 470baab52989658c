//! Signs each request with AWS Signature Version 4, for the host it will be sent to.
//!
//! [`SigV4Layer`] is one [tower](https://docs.rs/tower) layer. It gathers the request's body, asks for
//! credentials, signs with [`aws-sigv4`](https://docs.rs/aws-sigv4) and hands the request to the service
//! below. It suits any service that speaks SigV4 over headers: DynamoDB, ScyllaDB Alternator, and others.
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
//! | `x-amz-content-sha256` | when present, with its value set to the hash of this body |
//! | any other header | never |
//!
//! This is what the specification asks for, and no more. `aws-sigv4` alone signs every header but
//! `authorization`, `user-agent`, `x-amzn-trace-id` and `transfer-encoding`; a client below that adds or drops
//! `content-length`, `accept-encoding` or a hop-by-hop header would then break the signature. Signing few
//! headers leaves the transport free. The list is in the AWS manual under
//! [create a signed request](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).
//!
//! Over HTTP/2 a server reads the host from the URI, not from `Host`: there the two must be the same.
//!
//! A query that holds a presigned signature (`X-Amz-Signature=...`) is left as it is and signed as a query.
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
//! # What it does not do
//!
//! No presigned URLs, no SigV4a, no streamed or unsigned payloads, no caching of credentials: wrap a slow
//! provider in a caching one. It retries nothing.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod credentials;
mod error;
mod future;
mod gather;
mod headers;
mod host;
mod layer;
mod prepare;
mod service;
mod signer;
mod target;

pub use self::error::{ConfigError, Error, ErrorKind};
pub use self::future::ResponseFuture;
pub use self::layer::{DEFAULT_BODY_LIMIT, SigV4Layer};
pub use self::service::SigV4;

/// A boxed error that may cross threads, as tower uses it.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
