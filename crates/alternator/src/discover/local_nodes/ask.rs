//! Asks one node for the nodes of one place.

use bytes::Bytes;
use http::{Request, Response, StatusCode, Uri};
use http_body::Body;
use http_body_util::{BodyExt, Full, Limited};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tower::ServiceExt;
use tower_muster::{BoxError, Node, Origin, Place};
use tower_service::Service;

use super::{error::Cause, list};

/// A name that no datacenter has.
pub(crate) const NOWHERE: &str = "tower-muster-no-such-datacenter";

/// How large a list may be. Ten thousand IPv6 addresses take half of it; ScyllaDB's Java client has the
/// same limit.
const MOST_BYTES: usize = 1 << 20;

/// The nodes of `place` as the node at `origin` sees them.
pub(super) async fn ask<C, B>(client: C, origin: &Origin, place: &Place) -> Result<Vec<Node>, Cause>
where
    C: Service<Request<Full<Bytes>>, Response = Response<B>, Error: Into<BoxError>>,
    B: Body<Error: Into<BoxError>>,
{
    let body = body(client, origin, place).await?;
    list::nodes(&body, origin, place)
}

/// Whether the node at `origin` takes notice of the places that it is asked for.
///
/// Before 2025.1 the parameters were passed over, and every question was answered with all nodes that are
/// alive in the node's own datacenter (`alternator/server.cc`, `local_nodelist_handler`): wrong data, not an
/// error. Such a node lists itself for a place that does not exist.
pub(super) async fn heeds_places<C, B>(client: C, origin: &Origin) -> Result<bool, Cause>
where
    C: Service<Request<Full<Bytes>>, Response = Response<B>, Error: Into<BoxError>>,
    B: Body<Error: Into<BoxError>>,
{
    let nowhere = Place::Datacenter {
        datacenter: NOWHERE.to_owned(),
    };
    let body = body(client, origin, &nowhere).await?;
    list::is_empty(&body)
}

async fn body<C, B>(client: C, origin: &Origin, place: &Place) -> Result<Bytes, Cause>
where
    C: Service<Request<Full<Bytes>>, Response = Response<B>, Error: Into<BoxError>>,
    B: Body<Error: Into<BoxError>>,
{
    let uri = uri(origin, place)?;
    let request = Request::get(uri)
        .body(Full::default())
        .map_err(|error| Cause::Failed(error.into()))?;
    let response = client
        .oneshot(request)
        .await
        .map_err(|error| Cause::Failed(error.into()))?;
    if response.status() != StatusCode::OK {
        return Err(Cause::Status(response.status()));
    }
    let body = Limited::new(response.into_body(), MOST_BYTES)
        .collect()
        .await
        .map_err(Cause::Failed)?;
    Ok(body.to_bytes())
}

fn uri(origin: &Origin, place: &Place) -> Result<Uri, Cause> {
    let encode = |name| utf8_percent_encode(name, NON_ALPHANUMERIC);
    let query = match place {
        Place::Rack { datacenter, rack } => {
            format!("?dc={}&rack={}", encode(datacenter), encode(rack))
        }
        Place::Datacenter { datacenter } => format!("?dc={}", encode(datacenter)),
        _ => String::new(),
    };
    format!("{origin}/localnodes{query}")
        .parse()
        .map_err(|error: http::uri::InvalidUri| Cause::Failed(error.into()))
}
