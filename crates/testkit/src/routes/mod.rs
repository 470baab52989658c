//! The HTTP surface of a node: four routes, and 404 for all else.
//!
//! From scylladb `alternator/server.cc` (`set_routes`) and Seastar's
//! `routes.cc`: the query is cut off, one trailing slash too, and a method
//! that Seastar does not know counts as GET.

mod body;
mod cors;
mod health;
mod local_nodes;
mod operation;
mod reply;

use std::convert::Infallible;
use std::future::pending;
use std::sync::Arc;

use bytes::Bytes;
use http::header::HOST;
use http::{Method, Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use tokio::sync::Notify;

use crate::node::{Node, Shared, count};

pub(crate) type Reply = Response<Full<Bytes>>;

/// What the requests of one connection have in common.
#[derive(Debug)]
pub(crate) struct Connection {
    shared: Arc<Shared>,
    index: usize,
    broken: Notify,
}

impl Connection {
    pub(crate) fn new(shared: &Arc<Shared>, index: usize) -> Self {
        Self {
            shared: Arc::clone(shared),
            index,
            broken: Notify::new(),
        }
    }

    fn node(&self) -> &Node {
        &self.shared.nodes[self.index]
    }

    /// Waits until a request asks for the connection to be reset.
    pub(crate) async fn broken(&self) {
        self.broken.notified().await;
    }

    /// Has the connection reset; there is no answer to come.
    async fn reset(&self) -> Reply {
        self.broken.notify_one();
        pending().await
    }
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
    request: Request<Incoming>,
) -> Result<Reply, Infallible> {
    let node = connection.node();
    count(&node.counters.requests);
    node.hosts.record(request.headers().get(HOST));
    let route = route(request.method(), request.uri().path());
    // Counted until the answer is handed over, or the connection is gone.
    let _in_flight = matches!(route, Route::Operation).then(|| node.counters.attempt());
    if node
        .faults
        .current()
        .is_some_and(|faults| faults.black_hole)
    {
        count_route(node, &route);
        body::swallow(request.into_body()).await;
        return pending().await;
    }
    count_route(node, &route);
    let reply = dispatch(&connection, &route, request).await;
    // Asked again: the fault may have come while the operation ran.
    if let Some(faults) = node.faults.current() {
        if let Some(delay) = faults.slow {
            tokio::time::sleep(delay).await;
        }
        if node
            .faults
            .current()
            .is_some_and(|faults| faults.black_hole)
        {
            return pending().await;
        }
    }
    Ok(reply)
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

async fn dispatch(connection: &Connection, route: &Route, request: Request<Incoming>) -> Reply {
    let node = connection.node();
    match route {
        Route::Operation => operation::run(connection, request).await,
        Route::Health => health::reply(node, request.headers()),
        Route::LocalNodes => {
            let list = local_nodes::list(&connection.shared, connection.index, request.uri());
            reply::ok(node, reply::JSON, list)
        }
        Route::Preflight => cors::preflight(node, request.headers()),
        Route::NotFound => reply::not_found(),
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
