//! A probe by one HTTP request.

use std::{fmt, future::poll_fn, marker::PhantomData, pin::pin, sync::Arc};

use bytes::Buf;
use http::{Request, Response, StatusCode, Uri, uri::PathAndQuery};
use http_body::Body;
use tower_service::Service;

use super::Probe;
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
    /// [`ProbeError`] if the path is none.
    pub fn get(path: &str, client: C) -> Result<Self, ProbeError> {
        match path.parse::<PathAndQuery>() {
            Ok(parsed) if path.starts_with('/') => Ok(Self {
                client,
                path: parsed,
                body: PhantomData,
            }),
            _ => Err(ProbeError {
                path: path.to_owned(),
            }),
        }
    }
}

impl<C, B, R> Probe for HttpProbe<C, B>
where
    C: Service<Request<B>, Response = Response<R>, Future: Send> + Clone + Send + Sync + 'static,
    C::Error: Send,
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
            match client.call(request).await {
                Ok(response) => {
                    let is_ok = response.status() == StatusCode::OK;
                    is_ok && read(response.into_body()).await
                }
                Err(_) => false,
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

/// Says that a probe has no path to ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeError {
    path: String,
}

impl fmt::Display for ProbeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "probe: path is {:?}, and must begin with a slash",
            self.path
        )
    }
}

impl std::error::Error for ProbeError {}
