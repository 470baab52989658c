//! An operation without an SDK: a request with a body of JSON, and its whole answer.

use std::pin::Pin;

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use tower::{Service, ServiceExt};
use tower_muster::BoxError;

/// Is a whole answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Answer {
    /// Returns the body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Makes the request of an operation, addressed to nobody.
pub fn operation(name: &str, body: impl Into<Bytes>) -> Request<Full<Bytes>> {
    Request::post("/")
        .header("x-amz-target", format!("DynamoDB_20120810.{name}"))
        .header("content-type", "application/x-amz-json-1.0")
        .body(Full::new(body.into()))
        .expect("a request")
}

/// Sends a request and reads the whole answer.
///
/// # Errors
///
/// Whatever the service says, or its answer's body.
pub fn ask<S, A, B>(service: S, request: Request<A>) -> Asked
where
    S: Service<Request<A>, Response = Response<B>, Error: Into<BoxError> + Send, Future: Send>,
    S: Send + 'static,
    A: Send + 'static,
    B: Body<Data: Send, Error: Into<BoxError>> + Send + 'static,
{
    Box::pin(async move {
        let response = service.oneshot(request).await.map_err(Into::into)?;
        let (head, body) = response.into_parts();
        let body = body.collect().await.map_err(Into::into)?.to_bytes();
        Ok(Answer {
            status: head.status,
            headers: head.headers,
            body,
        })
    })
}

/// Is an answer under way, for any task.
pub type Asked = Pin<Box<dyn Future<Output = Result<Answer, BoxError>> + Send>>;

/// The body of a put of the string `value` at `key`, in the table that tests have.
pub fn put(key: &str, value: &str) -> String {
    format!(r#"{{"TableName":"things","Item":{{"k":{{"S":"{key}"}},"v":{{"S":"{value}"}}}}}}"#)
}

/// The body of a get of `key` in the table that tests have.
pub fn get(key: &str) -> String {
    format!(r#"{{"TableName":"things","Key":{{"k":{{"S":"{key}"}}}}}}"#)
}
