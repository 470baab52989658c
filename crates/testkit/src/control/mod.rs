//! The control address: faults and counters over HTTP, for programs.
//!
//! | request | answer |
//! |---|---|
//! | `GET /nodes` | a JSON array with every node |
//! | `GET /nodes/<address>` | one node |
//! | `POST /nodes/<address>/<what>` | the node after it was done |
//! | `POST /<what>` | every node after it was done |
//!
//! `<address>` is an IP or `ip:port`. A node is `address`, `dc`, `rack`,
//! `host_id`, `version`, `state`, `faults`, `counters`, `hosts`, `server_names` and
//! `client_names`. Whatever is
//! unknown is answered with 404 or 400 and `{"error":"..."}` that names it.
//!
//! What can be done to a node, each as the method of [`TestNode`] that is named alike:
//!
//! | what | parameters |
//! |---|---|
//! | `kill`, `drain` | none |
//! | `restart`, `join` | `after_ms=N` to be listed so long before it serves |
//! | `decommission` | `streaming_ms=N`, `unlisted_ms=N`, default 0 |
//! | `blackhole`, `refuse`, `ratelimit`, `ambiguous`, `truncate` | none of their own |
//! | `slow` | `ms=N` |
//! | `fail` | `status=N`, default 500; `type` and `message` together |
//! | `reset` | `execute=true` or `false`, default true |
//! | `overload` | `max=N` |
//! | `closeonarrival`, `closeafterhead` | `how=fin` or `reset`, default `fin` |
//! | `closeafteranswer` | none of its own |
//! | `dropsyns`, `heal`, `goaway` | none |
//! | `closeconnections` | `how=fin` or `reset`, default `fin` |
//! | `certificate` | `name`, by default the address; `valid=past`, `now` or `future`; `trusted=false` |
//! | `version` | `is=2025.1` |
//! | `compression` | `threshold=N`, `level=N` |
//! | `clock` | `seconds=N` |
//! | `header` | `name`, `value` |
//!
//! Faults from `blackhole` to `closeafteranswer`, but `overload`, take `next=N` for the next requests only, or
//! `share=0.1` for a share of them. And to the cluster:
//!
//! | what | parameters |
//! |---|---|
//! | `partition` | `groups=127.0.0.1,127.0.0.2;127.0.0.3` |
//! | `heal` | none; ends the partition |
//! | `secret` | `access_key`, `secret` |
//!
//! It listens on loopback addresses only: it has no protection, and whoever
//! reaches it may kill nodes.
//!
//! ```
//! # use tower_muster_testkit::TestCluster;
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let cluster = TestCluster::builder().topology("dc1:rack1=3").start().await?;
//! let address = cluster.control(([127, 0, 0, 1], 0).into())?;
//! println!("curl http://{address}/nodes");
//! println!("curl -X POST 'http://{address}/nodes/{}/slow?ms=50'", cluster.nodes()[0].address());
//! # Ok(())
//! # }
//! ```

mod connections;
mod fault;
mod life;
mod parameters;
mod report;
mod whole;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::runtime::Handle;

use crate::address;
use crate::cluster::find;
use crate::error::StartError;
use crate::node::TestNode;
use crate::query::Query;
use report::Report;

/// A request that the control address refuses.
struct Refused {
    status: StatusCode,
    message: String,
}

impl Refused {
    fn not_found(message: String) -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            message,
        }
    }

    fn bad_request(message: String) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            message,
        }
    }
}

/// Listens at once and serves on the given runtime.
pub(crate) fn serve(
    runtime: &Handle,
    nodes: &Arc<[TestNode]>,
    address: SocketAddr,
) -> Result<SocketAddr, StartError> {
    if !address.ip().is_loopback() {
        return Err(StartError::NotLoopback { address });
    }
    let listening = |source| StartError::Listen { address, source };
    let socket = address::listen(address)?;
    let bound = socket.local_addr().map_err(listening)?;
    let listener = {
        let _runtime = runtime.enter();
        TcpListener::from_std(socket).map_err(listening)?
    };
    runtime.spawn(accept(listener, Arc::clone(nodes)));
    Ok(bound)
}

async fn accept(listener: TcpListener, nodes: Arc<[TestNode]>) {
    while let Ok((stream, _)) = listener.accept().await {
        let nodes = Arc::clone(&nodes);
        let service = service_fn(move |request| respond(Arc::clone(&nodes), request));
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

async fn respond(
    nodes: Arc<[TestNode]>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    Ok(match handle(&nodes, &request).await {
        Ok(reply) => reply,
        Err(Refused { status, message }) => json(status, &serde_json::json!({"error": message})),
    })
}

async fn handle(
    nodes: &[TestNode],
    request: &Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Refused> {
    let path = request.uri().path();
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    match (request.method(), &parts[..]) {
        (&Method::GET, ["nodes"]) => {
            let all: Vec<Report<'_>> = nodes.iter().map(Report::of).collect();
            Ok(json(StatusCode::OK, &all))
        }
        (&Method::GET, ["nodes", address]) => {
            Ok(json(StatusCode::OK, &Report::of(named(nodes, address)?)))
        }
        (&Method::POST, ["nodes", address, what]) => {
            let node = named(nodes, address)?;
            let query = Query::parse(request.uri().query());
            let done = fault::apply(node, what, &query).await?
                || life::apply(node, what, &query).await?
                || connections::apply(node, what, &query)?;
            if !done {
                return Err(Refused::not_found(format!("no {what} for a node")));
            }
            Ok(json(StatusCode::OK, &Report::of(node)))
        }
        (&Method::POST, [what]) => {
            if !whole::apply(nodes, what, &Query::parse(request.uri().query()))? {
                return Err(Refused::not_found(format!("no {what} for the cluster")));
            }
            let all: Vec<Report<'_>> = nodes.iter().map(Report::of).collect();
            Ok(json(StatusCode::OK, &all))
        }
        (method, _) => Err(Refused::not_found(format!(
            "nothing at {method} {path}; there is GET /nodes, GET /nodes/<address>, \
             POST /nodes/<address>/<what> and POST /<what>"
        ))),
    }
}

fn named<'a>(nodes: &'a [TestNode], address: &str) -> Result<&'a TestNode, Refused> {
    find(nodes, address).ok_or_else(|| Refused::not_found(format!("no node {address}")))
}

fn json(status: StatusCode, body: &impl Serialize) -> Response<Full<Bytes>> {
    // Reports are strings and numbers, which always serialize.
    let body = serde_json::to_vec(body).unwrap_or_default();
    let mut reply = Response::new(Full::new(body.into()));
    *reply.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    reply.headers_mut().insert(CONTENT_TYPE, json);
    reply
}
