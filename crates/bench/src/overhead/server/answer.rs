//! What a node answers.

use std::{convert::Infallible, sync::Arc};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header::CONTENT_TYPE};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use serde_json::json;

const JSON: HeaderValue = HeaderValue::from_static("application/x-amz-json-1.0");

/// The answer to each `GetItem`, of about 300 bytes.
const ITEM: &[u8] = br#"{"Item":{"id":{"S":"customer-00000001"},"name":{"S":"Ada Lovelace"},"address":{"M":{"street":{"S":"12 St James's Square"},"city":{"S":"London"},"postcode":{"S":"SW1Y 4JH"}}},"orders":{"L":[{"N":"17"},{"N":"42"},{"N":"1815"}]},"since":{"S":"2026-01-02T03:04:05Z"},"active":{"BOOL":true},"visits":{"N":"128"}}}"#;

/// What all nodes know.
#[derive(Debug)]
pub(super) struct Answers {
    nodes: Bytes,
}

impl Answers {
    pub(super) fn new(addresses: &[String]) -> Arc<Self> {
        let nodes = json!(addresses).to_string().into();
        Arc::new(Self { nodes })
    }

    /// Reads the request to its end and answers it.
    pub(super) async fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
    ) -> Result<Response<Full<Bytes>>, Infallible> {
        let (head, body) = request.into_parts();
        if body.collect().await.is_err() {
            return Ok(response(StatusCode::BAD_REQUEST, Bytes::new()));
        }
        Ok(match (head.method, head.uri.path()) {
            (Method::POST, "/") => response(StatusCode::OK, Bytes::from_static(ITEM)),
            (Method::GET, "/localnodes") => response(StatusCode::OK, self.nodes.clone()),
            _ => response(StatusCode::NOT_FOUND, Bytes::new()),
        })
    }
}

fn response(status: StatusCode, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}
