//! Reads one table at one node.

use bytes::Bytes;
use http::{Request, Response, StatusCode, header::CONTENT_TYPE};
use http_body::Body;
use http_body_util::{BodyExt, Full, Limited};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tower::ServiceExt;
use tower_muster::{BoxError, MAX_NODES, Origin};
use tower_service::Service;

use super::{Row, Table, error::Cause};
use crate::errors::ApiError;

/// How large a page may be: Alternator ends a page of a `Scan` after a mebibyte, and text around it is more.
const MOST_BYTES: usize = 4 << 20;
/// How many pages are read: of ten thousand nodes there are two or three.
const MOST_PAGES: usize = 64;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Scan<'a> {
    table_name: &'a str,
    attributes_to_get: &'a [&'a str],
    #[serde(skip_serializing_if = "Option::is_none")]
    exclusive_start_key: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    #[serde(default)]
    items: Vec<Row>,
    last_evaluated_key: Option<Box<RawValue>>,
}

/// All rows of `table` as the node at `origin` has them.
pub(super) async fn scan<C, B>(client: C, origin: &Origin, table: Table) -> Result<Vec<Row>, Cause>
where
    C: Service<Request<Full<Bytes>>, Response = Response<B>, Error: Into<BoxError>> + Clone,
    B: Body<Error: Into<BoxError>>,
{
    let mut rows = Vec::new();
    let mut start = None;
    for _ in 0..MOST_PAGES {
        let page = page(client.clone(), origin, table, start.as_deref()).await?;
        rows.extend(page.items);
        if rows.len() > MAX_NODES {
            return Err(Cause::TooMany);
        }
        let Some(key) = page.last_evaluated_key else {
            return Ok(rows);
        };
        start = Some(key);
    }
    Err(Cause::TooMany)
}

async fn page<C, B>(
    client: C,
    origin: &Origin,
    table: Table,
    start: Option<&RawValue>,
) -> Result<Page, Cause>
where
    C: Service<Request<Full<Bytes>>, Response = Response<B>, Error: Into<BoxError>>,
    B: Body<Error: Into<BoxError>>,
{
    let scan = Scan {
        table_name: table.name(),
        attributes_to_get: table.columns(),
        exclusive_start_key: start,
    };
    let body = serde_json::to_vec(&scan).map_err(|error| Cause::Failed(error.into()))?;
    let request = Request::post(format!("{origin}/"))
        .header("x-amz-target", "DynamoDB_20120810.Scan")
        .header(CONTENT_TYPE, "application/x-amz-json-1.0")
        .body(Full::from(body))
        .map_err(|error| Cause::Failed(error.into()))?;
    let response = client
        .oneshot(request)
        .await
        .map_err(|error| Cause::Failed(error.into()))?;
    let status = response.status();
    let body = Limited::new(response.into_body(), MOST_BYTES)
        .collect()
        .await
        .map_err(Cause::Failed)?
        .to_bytes();
    if status != StatusCode::OK {
        let error = ApiError::read(status, &body);
        let code = error.map(|error| error.code().to_owned());
        let code = code.unwrap_or_default();
        return Err(Cause::Refused { status, code });
    }
    serde_json::from_slice(&body).map_err(|error| Cause::Failed(error.into()))
}
