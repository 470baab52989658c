//! Calls of a service that takes HTTP requests: hyper-util's client, or our stack.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use bytes::Bytes;
use http::{
    HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri,
    header::{CONTENT_TYPE, USER_AGENT},
};
use http_body_util::{BodyExt, Full};
use hyper::body::Body;
use tower::{Service, ServiceExt};
use tower_muster::BoxError;

use super::caller::Caller;

/// A `GetItem` as an SDK writes it, of 200 bytes.
pub(super) const BODY: &[u8] = br##"{"TableName":"customers","Key":{"id":{"S":"customer-00000001"}},"ConsistentRead":false,"ProjectionExpression":"#n, address, orders","ExpressionAttributeNames":{"#n":"name"},"ReturnConsumedCapacity":"NONE"}"##;

const TARGET: HeaderName = HeaderName::from_static("x-amz-target");

/// A client, and where its requests go.
#[derive(Clone)]
pub(super) struct Http<S> {
    service: S,
    /// By turns, among all tasks.
    uris: Arc<[Uri]>,
    turn: Arc<AtomicUsize>,
}

impl<S> Http<S> {
    /// The URIs are made once: whoever cares for their time does so.
    pub(super) fn new(service: S, uris: &[String]) -> Result<Self, BoxError> {
        let uris: Result<Vec<Uri>, _> = uris.iter().map(|uri| uri.parse()).collect();
        Ok(Self {
            service,
            uris: uris?.into(),
            turn: Arc::default(),
        })
    }

    fn request(&self) -> Request<Full<Bytes>> {
        let turn = self.turn.fetch_add(1, Relaxed) % self.uris.len();
        let mut request = Request::new(Full::new(Bytes::from_static(BODY)));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.uris[turn].clone();
        let headers = request.headers_mut();
        for (name, value) in [
            (CONTENT_TYPE, "application/x-amz-json-1.0"),
            (TARGET, "DynamoDB_20120810.GetItem"),
            (USER_AGENT, "bench/1.0"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        request
    }
}

impl<S, B> Caller for Http<S>
where
    S: Service<Request<Full<Bytes>>, Response = Response<B>, Error: Into<BoxError>>,
    S: Clone + Send + 'static,
    S::Future: Send,
    B: Body<Data: Send, Error: Into<BoxError>> + Send,
{
    async fn call(&mut self) -> Result<(), BoxError> {
        let request = self.request();
        let service = self.service.ready().await.map_err(Into::into)?;
        let response = service.call(request).await.map_err(Into::into)?;
        let status = response.status();
        let body = response.into_body().collect().await.map_err(Into::into)?;
        if status != StatusCode::OK || body.to_bytes().is_empty() {
            return Err(format!("a node answered {status}").into());
        }
        Ok(())
    }
}
