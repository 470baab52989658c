//! How sites talk to each other: copies of slots, and changes.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use serde::Serialize;
use tower_muster::BoxError;
use tower_muster_client::{ClientBuilder, HttpClient};
use tower_muster_slots::{Member, Slot};

use crate::counters::{Change, Shelf};

/// A site that does not answer within this time is as good as gone for one request.
const PATIENCE: Duration = Duration::from_secs(1);
/// Bounds a copy.
const MOST: usize = 64 << 20;

/// Asks other sites.
#[derive(Clone)]
pub(crate) struct Peers(HttpClient);

impl Peers {
    pub(crate) fn new() -> Result<Self, BoxError> {
        Ok(Self(ClientBuilder::new().build()?))
    }

    /// Copies a slot.
    pub(crate) async fn copy(&self, from: &Member, slot: Slot) -> Result<Shelf, BoxError> {
        let uri = format!("{}/shelves/{slot}", from.node().origin());
        let answer = self.send(Method::GET, &uri, Bytes::new()).await?;
        Ok(serde_json::from_slice(&answer)?)
    }

    /// Gives a site the whole slot.
    pub(crate) async fn give(&self, to: &str, slot: Slot, shelf: &Shelf) -> Result<(), BoxError> {
        self.put(&format!("{to}/shelves/{slot}"), shelf).await
    }

    /// Tells a site of one change.
    pub(crate) async fn tell(&self, to: &str, slot: Slot, change: &Change) -> Result<(), BoxError> {
        self.put(&format!("{to}/changes/{slot}"), change).await
    }

    async fn put(&self, uri: &str, what: &impl Serialize) -> Result<(), BoxError> {
        self.send(Method::PUT, uri, serde_json::to_vec(what)?.into())
            .await?;
        Ok(())
    }

    async fn send(&self, method: Method, uri: &str, body: Bytes) -> Result<Bytes, BoxError> {
        let request = Request::builder()
            .method(method)
            .uri(uri)
            .body(Full::new(body))?;
        let answer = async {
            let response = self.0.request(request).await?;
            if response.status() != StatusCode::OK {
                return Err(BoxError::from(format!(
                    "{uri} answered {}",
                    response.status()
                )));
            }
            let body = Limited::new(response.into_body(), MOST);
            Ok(body.collect().await?.to_bytes())
        };
        tokio::time::timeout(PATIENCE, answer).await?
    }
}
