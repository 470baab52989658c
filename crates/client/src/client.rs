//! The client: hyper-util's pool, by short names.

use std::{
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Method, Request, Response, Uri, header::HOST};
use http_body::Body;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::client::legacy::{self, Client, ResponseFuture};
use tower_service::Service;

use crate::{
    BoxError, Connector,
    names::{self, Names},
};

/// Is hyper-util's pooling client over a [`Connector`].
///
/// One type, whether TLS is in use or not. Its errors are hyper-util's, which tell what was sent from what
/// never was.
///
/// # Clone
///
/// Clones share their connections.
#[derive(Debug)]
pub struct HttpClient<B = Full<Bytes>> {
    pool: Client<Connector, B>,
    /// By which the pool knows hosts; none where a server would see them.
    names: Option<Arc<Names>>,
}

impl<B> HttpClient<B> {
    pub(crate) fn new(pool: Client<Connector, B>, names: Option<Arc<Names>>) -> Self {
        Self { pool, names }
    }
}

impl<B> HttpClient<B>
where
    B: Body<Data: Send, Error: Into<BoxError>> + Send + Unpin + 'static,
{
    /// Sends a request, as [`Service::call`] does; its URI says where to.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives the request up, which may have been sent.
    #[inline]
    pub fn request(&self, mut request: Request<B>) -> ResponseFuture {
        if let Some(names) = &self.names {
            aim(&mut request, names);
        }
        self.pool.request(request)
    }

    /// Sends a GET request.
    ///
    /// # Cancel safety
    ///
    /// As of [`request`](Self::request).
    pub fn get(&self, uri: Uri) -> ResponseFuture
    where
        B: Default,
    {
        let mut request = Request::new(B::default());
        *request.uri_mut() = uri;
        self.request(request)
    }
}

/// Lets the pool know the request's host by its name, and the server by its own.
#[inline]
fn aim<B>(request: &mut Request<B>, names: &Names) {
    // A proxy that is asked to connect is told where to by the URI.
    let host = match *request.method() == Method::CONNECT {
        true => None,
        false => names.host(request.uri()),
    };
    let header = match host {
        _ if request.headers().contains_key(HOST) => None,
        Some(host) => Some(host.header().clone()),
        None => names::header(request.uri()),
    };
    if let Some(header) = header {
        // The one error is that the map is full: tens of thousands of headers, which no server takes anyway.
        let _ = request.headers_mut().try_insert(HOST, header);
    }
    if let Some(named) = host.and_then(|host| host.named(request.uri())) {
        *request.uri_mut() = named;
    } else if request.uri().authority().is_some_and(names::is_name) {
        // It would be taken for the host of that name; so it is a request to nowhere, which the pool refuses.
        *request.uri_mut() = Uri::default();
    }
}

impl<B> Service<Request<B>> for HttpClient<B>
where
    B: Body<Data: Send, Error: Into<BoxError>> + Send + Unpin + 'static,
{
    type Response = Response<Incoming>;
    type Error = legacy::Error;
    type Future = ResponseFuture;

    #[inline]
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), legacy::Error>> {
        Poll::Ready(Ok(()))
    }

    #[inline]
    fn call(&mut self, request: Request<B>) -> ResponseFuture {
        self.request(request)
    }
}

impl<B> Clone for HttpClient<B> {
    fn clone(&self) -> Self {
        Self {
            pool: self.pool.clone(),
            names: self.names.clone(),
        }
    }
}
