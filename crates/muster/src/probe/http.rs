//! A probe by one HTTP request.

use std::{fmt, future::poll_fn, marker::PhantomData, pin::pin, sync::Arc};

use bytes::Buf;
use http::{Request, Response, StatusCode, Uri, uri::PathAndQuery};
use http_body::Body;
use tower_service::Service;

use super::{Probe, ProbingError};
use crate::node::Node;

/// How much of an answer is read: what is left unread costs the connection.
const MOST_BYTES: usize = 64 << 10;

/// Sends a node one request; it can serve if it answers 200.
///
/// The request goes through the client given, which should be the traffic's own: then it is the very
/// connections that are asked, and kept.
pub struct HttpProbe<C, B> {
    client: C,
    path: PathAndQuery,
    body: PhantomData<fn() -> B>,
}

impl<C, B> HttpProbe<C, B>
where
    C: Service<Request<B>>,
    B: Default,
{
    /// Asks by `GET` of a path, as `/localnodes` or `/healthz`.
    ///
    /// # Errors
    ///
    /// [`ProbingError`] if the path is none, as one that does not begin with a slash.
    pub fn get(path: &str, client: C) -> Result<Self, ProbingError> {
        match path.parse::<PathAndQuery>() {
            // What follows a `#` would be left out.
            Ok(parsed) if path.starts_with('/') && parsed.as_str() == path => Ok(Self {
                client,
                path: parsed,
                body: PhantomData,
            }),
            _ => Err(ProbingError {
                field: "path",
                value: format!("{path:?}"),
                wanted: "a path that begins with a slash",
            }),
        }
    }
}

impl<C, B, R> Probe for HttpProbe<C, B>
where
    C: Service<Request<B>, Response = Response<R>, Future: Send> + Clone + Send + Sync + 'static,
    B: Default + Send + 'static,
    R: Body + Send,
    R::Data: Send,
{
    fn ask(&self, node: Arc<Node>) -> impl Future<Output = bool> + Send {
        let mut client = self.client.clone();
        async move {
            let Some(request) = self.request(&node) else {
                return false;
            };
            if poll_fn(|cx| client.poll_ready(cx)).await.is_err() {
                return false;
            }
            let response = client.call(request).await.ok();
            match response {
                Some(response) if response.status() == StatusCode::OK => {
                    read(response.into_body()).await
                }
                _ => false,
            }
        }
    }
}

impl<C, B: Default> HttpProbe<C, B> {
    /// The request to one node, with an empty body. An origin and a path always make a URI.
    fn request(&self, node: &Node) -> Option<Request<B>> {
        let origin = node.origin();
        let uri = Uri::builder()
            .scheme(origin.scheme().clone())
            .authority(origin.authority().clone())
            .path_and_query(self.path.clone());
        let mut request = Request::new(B::default());
        *request.uri_mut() = uri.build().ok()?;
        Some(request)
    }
}

/// Reads an answer to its end, so that its connection may serve the next; false if it has none in sight.
async fn read(body: impl Body<Data: Buf>) -> bool {
    let mut body = pin!(body);
    let mut left = MOST_BYTES;
    while let Some(frame) = poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
        let Ok(frame) = frame else { return false };
        let length = frame.data_ref().map_or(0, Buf::remaining);
        match left.checked_sub(length) {
            Some(rest) => left = rest,
            None => return false,
        }
    }
    true
}

impl<C: Clone, B> Clone for HttpProbe<C, B> {
    fn clone(&self) -> Self {
        Self {
            client: self.client.clone(),
            path: self.path.clone(),
            body: PhantomData,
        }
    }
}

impl<C, B> fmt::Debug for HttpProbe<C, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpProbe")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}
