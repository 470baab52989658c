//! The HTTP surface of a node: four routes, and 404 for all else.
//!
//! From scylladb `alternator/server.cc` (`set_routes`) and Seastar's
//! `routes.cc`: the query is cut off, one trailing slash too, and a method
//! that Seastar does not know counts as GET.

mod body;
mod connection;
mod cors;
mod health;
mod host;
mod local_nodes;
mod operation;
mod reply;
mod reply_body;
mod system;

use std::convert::Infallible;
use std::future::pending;
use std::sync::Arc;

use http::header::HOST;
use http::{Method, Request, Response};
use hyper::body::{Body, Incoming};

use crate::node::{Hit, Inside, Node, count};
use crate::sync::lock;
use reply_body::ReplyBody;

pub(crate) use connection::Connection;

pub(crate) type Reply = Response<ReplyBody>;

/// What a route made of a request.
struct Answered {
    reply: Reply,
    /// Something of the body was left unread, which ends the connection.
    unread: bool,
    /// Until the answer is handed over.
    _inside: Option<Inside>,
}

enum Route {
    Operation,
    Health,
    LocalNodes,
    Preflight,
    NotFound,
}

/// Answers one request, or never, as the node's faults have it.
pub(crate) async fn answer(
    connection: Arc<Connection>,
    mut request: Request<Incoming>,
) -> Result<Reply, Infallible> {
    if connection.is_closing() {
        return pending().await;
    }
    let node = connection.node();
    connection.count_request(request.version());
    host::complete(&mut request);
    node.hosts.record(request.headers().get(HOST));
    let route = route(request.method(), request.uri().path());
    let operation = matches!(route, Route::Operation);
    // Counted until the answer is handed over, or the connection is gone.
    let _in_flight = operation.then(|| node.counters.attempt());
    count_route(node, &route);
    let hit = node.faults.strike(operation);
    if let Some(how) = hit.close_after_head {
        return Ok(connection.end(how).await);
    }
    if hit.black_hole {
        body::swallow(request.into_body()).await;
        return pending().await;
    }
    let (slow, last) = (hit.slow, hit.close_after_answer);
    let answered = dispatch(&connection, &route, request, hit).await;
    // Asked again: the fault may have come while the operation ran.
    if let Some(delay) = node.faults.slow().or(slow) {
        tokio::time::sleep(delay).await;
    }
    if node.faults.black_hole() {
        return pending().await;
    }
    // A stream of HTTP/2 that is left unread is its own affair.
    let last = last || (answered.unread && !connection.is_http2());
    Ok(answered.reply.map(|body| body.then_tell(&connection, last)))
}

fn route(method: &Method, path: &str) -> Route {
    let path = match path.strip_suffix('/') {
        Some("") | None => path,
        Some(cut) => cut,
    };
    match (method.as_str(), path) {
        ("POST", "/") => Route::Operation,
        ("OPTIONS", "/") => Route::Preflight,
        ("POST" | "OPTIONS" | "HEAD" | "PUT" | "DELETE" | "PATCH" | "TRACE" | "CONNECT", _) => {
            Route::NotFound
        }
        (_, "/") => Route::Health,
        (_, "/localnodes") => Route::LocalNodes,
        _ => Route::NotFound,
    }
}

fn count_route(node: &Node, route: &Route) {
    match route {
        Route::Health => count(&node.counters.health),
        Route::LocalNodes => count(&node.counters.local_nodes),
        Route::Operation | Route::Preflight | Route::NotFound => {}
    }
}

async fn dispatch(
    connection: &Arc<Connection>,
    route: &Route,
    request: Request<Incoming>,
    hit: Hit,
) -> Answered {
    let node = connection.node();
    let settings = lock(&node.settings).clone();
    if let Route::Operation = route {
        return operation::run(connection, request, &settings, hit.outcome).await;
    }
    let version = settings.version;
    // These count as in flight and are never refused.
    let inside = Some(node.gate.enter());
    let unread = !request.body().is_end_stream();
    let reply = match route {
        Route::Health => health::reply(node, version, request.headers()),
        Route::LocalNodes => {
            let (shared, index) = (connection.shared(), connection.index);
            let list = local_nodes::list(shared, index, version, request.uri());
            reply::ok(node, version, reply::JSON, list)
        }
        Route::Preflight => cors::preflight(node, version, request.headers()),
        Route::Operation | Route::NotFound => reply::not_found(),
    };
    Answered {
        reply,
        unread,
        _inside: inside,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_trailing_slash_is_cut_and_unknown_methods_are_get() {
        let is = |method: &str, path| match route(&method.parse().unwrap(), path) {
            Route::Operation => "operation",
            Route::Health => "health",
            Route::LocalNodes => "localnodes",
            Route::Preflight => "preflight",
            Route::NotFound => "404",
        };
        let table = [
            ("POST", "/", "operation"),
            ("POST", "//", "operation"),
            ("POST", "/localnodes", "404"),
            ("GET", "/", "health"),
            ("GET", "//", "health"),
            ("FOO", "/", "health"),
            ("GET", "/localnodes", "localnodes"),
            ("GET", "/localnodes/", "localnodes"),
            ("GET", "/localnodes//", "404"),
            ("GET", "/Localnodes", "404"),
            ("HEAD", "/", "404"),
            ("OPTIONS", "/", "preflight"),
            ("OPTIONS", "/localnodes", "404"),
            ("GET", "/abc", "404"),
        ];
        for (method, path, expected) in table {
            assert_eq!(is(method, path), expected, "{method} {path}");
        }
    }
}
